import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { presetConfig } from "../../../src/experiments/config/presets";
import { localExecutor } from "../../../src/experiments/studies/executors/local";
import { crossValidationFolds } from "../../../src/experiments/studies/folds";
import { readProgress } from "../../../src/experiments/studies/jobProgress";
import { planCompare } from "../../../src/experiments/studies/planners/compare";
import { runStudy } from "../../../src/experiments/studies/runStudy";
import { openStudy } from "../../../src/experiments/studies/studyFolder";
import type { Study } from "../../../src/experiments/studies/studyFolder";
import { tempFolder } from "../../support/tempFolder";
import { discDataset } from "../support/discDataset";

const root = tempFolder();
const dataset = discDataset();
const config = presetConfig("smoke", { size: 16 });
const folds = crossValidationFolds(dataset.cases, config);
const jobs = planCompare({ models: ["unet"], augmentations: ["none", "paper"], config, folds });
const study: Study = { kind: "compare", source: "discs", config, jobs };

/** Runs the study with a program that only adds a line to `calls`. */
async function attempt(
  name: string,
  exitCode: number,
): Promise<{ message: string; calls: number }> {
  const out = join(root, name);
  const calls = join(root, `${name}-calls`);
  const program =
    `require("fs").appendFileSync(${JSON.stringify(calls)}, "x");` +
    `console.error("what is wrong"); process.exit(${exitCode});`;
  const executor = localExecutor({ command: [process.execPath, "-e", program, "--"] });
  const error: unknown = await runStudy(study, { out, dataset, executor, progress: false }).catch(
    (reason: unknown) => reason,
  );
  return { message: String(error), calls: readFileSync(calls, "utf8").length };
}

describe("a study whose jobs fail", () => {
  it("ends with the first refused job, since all would be refused", async () => {
    const { message, calls } = await attempt("refused", 2);
    expect(message).toMatch(
      /expected a record of every job, got none of unet-none-fold1 \(what is wrong\)\. Read .*log\.txt/,
    );
    expect(calls).toBe(1);
  });

  it("submits killed jobs again, twice", async () => {
    const { message, calls } = await attempt("killed", 137);
    expect(message).toMatch(/got none of unet-none-fold1 and 3 others \(what is wrong\)/);
    expect(calls).toBe(3 * jobs.length);
  });
});

describe("a study's folder", () => {
  it("keeps the splits of its jobs, and is unchanged if they differ", async () => {
    const out = join(root, "splits");
    await openStudy(out, study, dataset);
    const before = readFileSync(join(out, "study.json"), "utf8");
    const swapped = jobs.map((job) => {
      const { train, validation } = job.split;
      const [first, ...rest] = train;
      return {
        ...job,
        split: { ...job.split, train: [...rest, ...validation], validation: [first] },
      };
    });
    await expect(openStudy(out, { ...study, jobs: swapped }, dataset)).rejects.toThrow(
      /unet-none-fold1: expected the split that the job was planned with, got a different one/,
    );
    expect(readFileSync(join(out, "study.json"), "utf8")).toBe(before);
    await openStudy(out, study, dataset);
  });

  it("cannot be that of a run", async () => {
    const out = join(root, "run");
    mkdirSync(out);
    writeFileSync(join(out, "manifest.json"), "{}");
    await expect(openStudy(out, study, dataset)).rejects.toThrow(
      /expected a folder for a study, got the folder of a run\. Choose another folder/,
    );
    expect(existsSync(join(out, "study.json"))).toBe(false);
  });

  it("is read even if a progress file is damaged", async () => {
    const job = join(root, "job");
    mkdirSync(job);
    writeFileSync(join(job, "progress.json"), "half a fi");
    expect(await readProgress(job)).toBeNull();
  });
});
