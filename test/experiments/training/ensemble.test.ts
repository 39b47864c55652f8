import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadEngine } from "../../../src/engine/load";
import { presetConfig } from "../../../src/experiments/config/presets";
import { predictCases } from "../../../src/experiments/evaluation/evaluateModel";
import { inferenceOptions } from "../../../src/experiments/evaluation/inferenceOptions";
import { loadRun } from "../../../src/experiments/storage/runs";
import { compareModels } from "../../../src/experiments/studies/compareModels";
import { trainRun } from "../../../src/experiments/training/trainRun";
import { discDataset } from "../support/discDataset";

loadEngine();
const dataset = discDataset();
const config = presetConfig("smoke", {
  ...{ size: 16, epochs: 1, compiled: false, batchSize: 2 },
  model: { filters: 4, depth: 2 },
  inference: { ensemble: 2, flips: "horizontal" },
});

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "layerbook-ensemble-"));
});
afterAll(() => rm(folder, { recursive: true }));

describe("an ensemble by inference.ensemble", () => {
  const out = () => join(folder, "run");
  const train = (shouldStop = () => false) =>
    trainRun({
      ...{ model: "unet", config, out: out(), source: "discs", dataset, progress: false },
      shouldStop,
    });

  it("resumes after a stop in a member, and has members with different weights", async () => {
    let asked = 0;
    const stopped = await train(() => ++asked > 2);
    expect(stopped.record.result.ended).toBe("interrupted");
    await expect(loadRun(out())).rejects.toThrow(/expected a folder with a finished run/);
    const { models, record } = await train();
    expect(record.result.ended).toBe("completed");
    expect(models).toHaveLength(2);
    const [first, second] = models.map((model) => model.getWeights()[0].dataSync());
    expect(first).not.toEqual(second);
  });

  it("is loaded with all members, and gives the same predictions", async () => {
    const trained = await train();
    expect(trained.wasFinished).toBe(true);
    const { models } = await loadRun(out());
    const options = inferenceOptions(config);
    const predict = (members: typeof models) => predictCases(members, dataset.cases, options);
    expect(predict(models)).toEqual(predict(trained.models));
    expect(predict(models)).not.toEqual(predict(models.slice(0, 1)));
  });

  it("runs as a study's job, and leaves no weights behind", async () => {
    const study = join(folder, "study");
    const { records } = await compareModels({
      ...{ models: ["unet"], augmentations: ["none"], config, out: study },
      ...{ source: "discs", dataset, progress: false },
    });
    expect(records).toHaveLength(2);
    expect((await readdir(join(study, "jobs", "unet-none-fold1"))).sort()).toEqual([
      ...["job.json", "manifest.json", "progress.json", "record.json", "split.json"],
    ]);
  });
});
