import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { SliceDataset } from "../../../src/data";
import { loadEngine } from "../../../src/engine/load";
import { presetConfig } from "../../../src/experiments/config/presets";
import { predictFiles } from "../../../src/experiments/evaluation/predictFiles";
import { withFolderLock } from "../../../src/experiments/storage/folderLock";
import { differingSettings, listRuns, pruneRuns } from "../../../src/experiments/storage/listRuns";
import { loadRun, readRunRecord } from "../../../src/experiments/storage/runs";
import { trainRun } from "../../../src/experiments/training/trainRun";
import type { TrainRunOptions } from "../../../src/experiments/training/trainRun";
import { tempFolder } from "../../support/tempFolder";
import { discDataset } from "../support/discDataset";

loadEngine();
const root = tempFolder();
const at = (...names: string[]): string => join(root, ...names);
const dataset = discDataset();

function options(out: string, seed = 1): TrainRunOptions {
  const config = presetConfig("smoke", {
    ...{ seed, size: 16, epochs: 2, batchSize: 2, compiled: false },
  });
  return { model: "unet", config, out: at(out), source: "discs", dataset, progress: false };
}

/** Ends a training as SIGKILL would, without running any handlers. */
async function killBeforeTheFirstStep(out: string): Promise<void> {
  const killed = trainRun({
    ...options(out),
    callbacks: [
      () => {
        throw new Error("killed");
      },
    ],
  });
  await expect(killed).rejects.toThrow("killed");
  rmSync(at(out, "checkpoint.safetensors"), { force: true });
}

/** The data with one pixel of one mask corrected. */
function corrected(): SliceDataset {
  const cases = dataset.cases.map((item, index) => {
    if (index !== 3 || item.labels === null) return item;
    const data = item.labels.data.slice();
    data[0] = 1;
    return { ...item, labels: { ...item.labels, data } };
  });
  return { ...dataset, cases };
}

describe("a run folder", () => {
  it("killed before the first checkpoint, does not resume with another seed", async () => {
    await killBeforeTheFirstStep("killed");
    expect(readdirSync(at("killed")).sort()).toEqual(["manifest.json", "split.json"]);
    await expect(trainRun(options("killed", 2))).rejects.toThrow(
      /expected an empty folder or a run with setting seed 2, got a run with setting seed 1/,
    );
    const split: unknown = JSON.parse(readFileSync(at("killed", "split.json"), "utf8"));
    const run = await trainRun(options("killed"));
    expect(run.record.config.seed).toBe(1);
    expect([run.split]).toEqual(split);
  });

  it("killed between manifest and split, makes the same split again", async () => {
    await killBeforeTheFirstStep("half");
    const split = readFileSync(at("half", "split.json"), "utf8");
    rmSync(at("half", "split.json"));
    await trainRun(options("half"));
    expect(readFileSync(at("half", "split.json"), "utf8")).toBe(split);
  });

  it("rejects a mask that was corrected since the training began", async () => {
    const again = trainRun({ ...options("killed"), dataset: corrected() });
    await expect(again).rejects.toThrow(
      /killed: expected the data that .* began with, got another mask of "disc-3"\. Restore/,
    );
  });

  it("rejects an edited split", async () => {
    await killBeforeTheFirstStep("edited");
    const path = at("edited", "split.json");
    const [split] = JSON.parse(readFileSync(path, "utf8")) as [{ train: string[]; test: string[] }];
    const moved = { ...split, train: split.train.slice(1), test: [...split.test, split.train[0]] };
    writeFileSync(path, JSON.stringify([moved]));
    await expect(trainRun(options("edited"))).rejects.toThrow(/got another split of the cases/);
  });

  it("killed between its record and its clean-up, is cleaned up by the next call", async () => {
    writeFileSync(at("killed", "checkpoint.safetensors"), "of the last epoch");
    mkdirSync(at("killed", "stages", "teacher"), { recursive: true });
    expect((await trainRun(options("killed"))).wasFinished).toBe(true);
    const files = ["manifest.json", "run.json", "split.json", "weights.safetensors"];
    expect(readdirSync(at("killed")).sort()).toEqual(files);
  });

  it("accepts the data from another path, since contents are compared", async () => {
    const again = await trainRun({ ...options("killed"), source: "moved/discs" });
    expect(again.wasFinished).toBe(true);
  });

  it("trains on a given split, and on all slices with testFraction 0", async () => {
    const ids = dataset.cases.map(({ id }) => id);
    const split = { fold: 0, seed: 1, train: ids.slice(2), validation: [], test: ids.slice(0, 2) };
    const run = await trainRun({ ...options("own"), split });
    expect(run.testCases.map(({ id }) => id)).toEqual(ids.slice(0, 2));
    const { config } = options("all");
    const all = await trainRun({
      ...options("all"),
      config: { ...config, testFraction: 0, validationFraction: 0 },
    });
    expect([all.testCases, all.split.train]).toEqual([[], ids]);
  });

  it("of an interrupted training is not used for prediction by default", async () => {
    const out = at("stopped");
    const run = await trainRun({ ...options("stopped"), shouldStop: () => true });
    expect(run.record.result.ended).toBe("interrupted");
    const message =
      /stopped: expected .* finished run, got one that was stopped after 0 of 2 epochs/;
    await expect(loadRun(out)).rejects.toThrow(message);
    const predicted = predictFiles({ run: out, input: out, output: at("masks") });
    await expect(predicted).rejects.toThrow(message);
    expect((await loadRun(out, { allowInterrupted: true })).model.name).toBe("unet");
  });

  it("with an invalid record is rejected, not treated as finished", async () => {
    await killBeforeTheFirstStep("empty");
    writeFileSync(at("empty", "run.json"), "[]");
    await expect(readRunRecord(at("empty"))).rejects.toThrow(/run\.json: expected the record/);
    await expect(trainRun(options("empty"))).rejects.toThrow(/run\.json: expected the record/);
    rmSync(at("empty"), { recursive: true });
  });

  it("is released after a training that failed before it had a result", async () => {
    const { config } = options("refused");
    const model = { ...config.model, attentionLevels: [5] };
    const wrong = { ...options("refused"), model: "mr", config: { ...config, model } };
    await expect(trainRun(wrong)).rejects.toThrow(/mr\.attentionLevels: expected levels from 0/);
    expect(readdirSync(at("refused"))).toEqual([]);
    const run = await trainRun(options("refused"));
    expect(run.record.result.ended).toBe("completed");
    rmSync(at("refused"), { recursive: true });
  });

  it("does not replace weights or a split of the user", async () => {
    mkdirSync(at("foreign"));
    writeFileSync(at("foreign", "split.json"), "mine");
    const message = /foreign\/split\.json: .*which training would replace\. Choose another folder/;
    await expect(trainRun(options("foreign"))).rejects.toThrow(message);
    expect(readFileSync(at("foreign", "split.json"), "utf8")).toBe("mine");
    rmSync(at("foreign"), { recursive: true });
  });

  it("is used by one process at a time", async () => {
    const runs = await Promise.allSettled([
      trainRun(options("twice", 1)),
      trainRun(options("twice", 2)),
    ]);
    const [refused, ...others] = runs.filter((run) => run.status === "rejected");
    expect(others).toEqual([]);
    expect(String(refused.reason)).toMatch(/in use by process|got a run with setting seed/);
    const [done] = runs.filter((run) => run.status === "fulfilled");
    const again = await trainRun(options("twice", done.value.record.config.seed));
    expect(again).toMatchObject({ wasFinished: true, split: done.value.split });
  });
});

describe("a study's folder", () => {
  it("rejects a run", async () => {
    mkdirSync(at("a-study"));
    writeFileSync(at("a-study", "study.json"), "{}");
    await expect(trainRun(options("a-study"))).rejects.toThrow(
      /a-study: expected a folder for a run, got the folder of a study/,
    );
  });
});

describe("a folder without a finished run", () => {
  const messageOf = (folder: string): Promise<string> =>
    loadRun(folder).then(
      () => "it was loaded",
      (error: Error) => error.message,
    );
  const folderWith = (name: string, ...files: string[]): string => {
    mkdirSync(at("without", name), { recursive: true });
    for (const file of files) writeFileSync(at("without", name, file), "{}");
    return at("without", name);
  };

  it("is described by its contents", async () => {
    expect(await messageOf(folderWith("killed", "manifest.json", "split.json"))).toMatch(
      /finished run, got one whose training was killed\. Run its train command again to finish it/,
    );
    const training = folderWith("training", "manifest.json");
    await withFolderLock(training, async () => {
      expect(await messageOf(training)).toMatch(
        new RegExp(`got one in use by process ${process.pid} on .*\\. Wait until its training has`),
      );
    });
    expect(await messageOf(folderWith("study", "study.json"))).toMatch(
      /got a study\. Name the folder of one of its jobs, if it was run with --keep-weights/,
    );
    expect(await messageOf(folderWith("job", "manifest.json", "record.json"))).toMatch(
      /got a study's job, whose weights were not kept\. Run the study with --keep-weights/,
    );
    expect(await messageOf(folderWith("empty"))).toMatch(
      /got no run\.json in it\. Name the folder/,
    );
    expect(await messageOf(at("without", "nothing"))).toMatch(/got nothing at that path/);
    expect(await messageOf(at("without", "study", "study.json"))).toMatch(/got a file\. Name the/);
    rmSync(at("without"), { recursive: true });
  });
});

describe("listRuns", () => {
  it("shows the state and differences of runs, and removes stopped ones", async () => {
    await killBeforeTheFirstStep("dead");
    const { runs } = await listRuns(root);
    const state = (name: string) => runs.find(({ folder }) => folder === at(name))?.state;
    expect(["killed", "dead", "stopped"].map(state)).toEqual([
      "finished",
      "stopped",
      "interrupted",
    ]);
    const pair = runs.filter(({ folder }) => [at("killed"), at("all")].includes(folder));
    expect(differingSettings(pair).map(({ setting }) => setting)).toEqual([
      "validationFraction",
      "testFraction",
    ]);
    writeFileSync(at("dead", "notes.txt"), "mine");
    mkdirSync(at("dead", "stages", "teacher"), { recursive: true });
    writeFileSync(at("dead", "stages", "teacher", "manifest.json"), "{}");
    writeFileSync(at("dead", "stages", "mine.txt"), "mine");
    expect(await pruneRuns(runs)).toEqual([
      at("dead", "notes.txt"),
      at("dead", "stages", "mine.txt"),
    ]);
    expect(readdirSync(at("dead")).sort()).toEqual(["notes.txt", "stages"]);
    expect(readdirSync(at("dead", "stages"))).toEqual(["mine.txt"]);
    const left = (await listRuns(root)).runs.map(({ folder }) => folder);
    expect(left).toEqual(["all", "half", "killed", "own", "twice"].map((name) => at(name)));
  });

  it("names what cannot be read, and keeps it", async () => {
    const places = ["no-manifest", "no-record", "no-lock"].map((name) => at("broken", name));
    const files = ["manifest.json", "run.json", "lock.json"];
    for (const [index, place] of places.entries()) {
      mkdirSync(place, { recursive: true });
      writeFileSync(join(place, "manifest.json"), readFileSync(at("all", "manifest.json")));
      writeFileSync(join(place, files[index]), index === 1 ? "[]" : "half a fi");
    }
    const { runs, broken } = await listRuns(at("broken"));
    expect(runs).toEqual([]);
    expect(broken.map(({ folder }) => folder)).toEqual([...places].sort());
    for (const { folder, problem } of broken) {
      expect(problem).toContain(folder.endsWith("record") ? "got a list" : "text that is not JSON");
      expect(problem).toContain(join(folder, files[places.indexOf(folder)]));
      expect(problem).toMatch(/: expected .*, got .*\. \w+/);
    }
    expect(await pruneRuns(runs)).toEqual([]);
    expect(readdirSync(at("broken"))).toHaveLength(3);
  });

  it("rejects a missing folder, and a file in its place", async () => {
    await expect(listRuns(at("nowhere"))).rejects.toThrow(
      /nowhere: expected a folder with runs, got nothing at that path\. Check the path/,
    );
    await expect(listRuns(at("all", "run.json"))).rejects.toThrow(/got a path that goes through a/);
  });

  it("distinguishes finished jobs of a study from stopped ones, and keeps records", async () => {
    const job = (name: string, record: object | null): void => {
      mkdirSync(at("study", name), { recursive: true });
      writeFileSync(at("study", name, "manifest.json"), readFileSync(at("all", "manifest.json")));
      writeFileSync(at("study", name, "job.json"), "{}");
      if (record !== null) writeFileSync(at("study", name, "record.json"), JSON.stringify(record));
    };
    job("done", { training: { ended: "completed", seconds: 3, records: [] } });
    job("given-up", { training: null });
    job("killed", null);
    const { runs } = await listRuns(at("study"));
    expect(runs.map(({ state }) => state)).toEqual(["finished", "dropped", "stopped"]);
    expect(await pruneRuns(runs)).toEqual([]);
    expect(readdirSync(at("study", "done"))).toHaveLength(3);
    expect(readdirSync(at("study", "killed"))).toEqual(["job.json"]);
  });
});
