import { existsSync } from "node:fs";
import { mkdtemp, readFile, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadEngine } from "../../../src/engine/load";
import { presetConfig } from "../../../src/experiments/config/presets";
import type { TrainingOverrides } from "../../../src/experiments/config/trainingConfig";
import { withFolderLock } from "../../../src/experiments/storage/folderLock";
import { crossValidationFolds } from "../../../src/experiments/studies/folds";
import type { Job } from "../../../src/experiments/studies/job";
import { jobSteps } from "../../../src/experiments/studies/job";
import { kShot } from "../../../src/experiments/studies/kShot";
import { planKShot } from "../../../src/experiments/studies/planners/kShot";
import { loadRun } from "../../../src/experiments/storage/runs";
import { runJob } from "../../../src/experiments/studies/runJob";
import type { RunJobOptions } from "../../../src/experiments/studies/runJob";
import { studySteps } from "../../../src/experiments/studies/studySteps";
import { kShotScores } from "../../../src/experiments/studies/views/kShotScores";
import { loadLabelledData } from "../../../src/experiments/training/dataSource";
import { pretrainingData, pretrainingKey } from "../../../src/experiments/training/pretraining";
import { trainRun } from "../../../src/experiments/training/trainRun";
import { kShotCurve } from "../../../src/viz";
import { discDataset } from "../support/discDataset";

loadEngine();
const dataset = discDataset(8, 24);
const configOf = (overrides: TrainingOverrides = {}) =>
  presetConfig("smoke", {
    ...{ size: 16, epochs: 2, compiled: false, batchSize: 2 },
    ...{ model: { filters: 2, depth: 1 }, phantom: { count: 4, size: 32 } },
    ...{ pretraining: { epochs: 1 }, selfTraining: { minConfidence: 0.3 } },
    ...overrides,
  });
const config = configOf();
const folds = crossValidationFolds(dataset.cases, config);

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "layerbook-kshot-"));
});
afterAll(() => rm(folder, { recursive: true }));

describe("planKShot", () => {
  const plan = (shots: number[], seeds?: number[]): Job[] =>
    planKShot({
      ...{ model: "unet", shots, config, folds, cases: dataset.cases },
      ...(seeds === undefined ? {} : { seeds }),
    });

  it("labels nested draws, validates on none, and leaves the rest without labels", () => {
    const jobs = plan([1, 3]).filter(({ split }) => split.fold === 0);
    expect(jobs.map(({ id }) => id)).toEqual([
      ...["1shot-scratch-fold1", "1shot-phantom-fold1", "1shot-self-fold1"],
      ...["1shot-phantom-self-fold1", "3shot-scratch-fold1", "3shot-phantom-fold1"],
      ...["3shot-self-fold1", "3shot-phantom-self-fold1"],
    ]);
    const [one, three] = [jobs[0].split, jobs[4].split];
    expect(three.train.slice(0, 1)).toEqual(one.train);
    // The one slice has both classes.
    const [first] = dataset.cases.filter(({ id }) => id === one.train[0]);
    expect(new Set(first.labels?.data)).toEqual(new Set([0, 1, 2]));
    for (const { split, unlabelled = [], config: own } of jobs) {
      expect(split.validation).toEqual([]);
      expect(split.test).toEqual(folds[0].test);
      const rest = own.selfTraining.rounds > 0 ? 4 - split.train.length : 0;
      expect(unlabelled).toHaveLength(rest);
    }
    const plain = jobs.filter(({ factors }) => factors["pretraining"] === "none");
    expect(
      new Set(plain.map((job) => jobSteps(job) / (1 + job.config.selfTraining.rounds))),
    ).toEqual(new Set([4]));
  });

  it("draws anew for each seed, and rejects more slices than there are", () => {
    const drawn = plan([2], [1, 2, 3, 4, 5]).map(({ split }) => split.train.join());
    expect(new Set(drawn).size).toBeGreaterThan(2);
    expect(() => plan([5])).toThrow(/integers from 1 to 4, .*got 5/);
    // With every slice labelled there is no self-training.
    expect(plan([4]).map(({ factors }) => factors["selfTraining"])).not.toContain("on the rest");
  });
});

describe("a job with pre-training and self-training", () => {
  const [, , , job] = planKShot({
    ...{ model: "unet", shots: [2], config, folds, cases: dataset.cases },
  });
  const run = (name: string, own: Job = job, shouldStop = () => false) =>
    runJob(own, {
      ...{ folder: join(folder, name), source: "discs", dataset, progress: false },
      ...{ keepsWeights: true, shouldStop },
    });
  const weightsOf = (name: string) => readFile(join(folder, name, "weights.safetensors"));

  it("resumes in any stage with the same weights, and removes the stages", async () => {
    expect(job.factors).toEqual({ shots: 2, pretraining: "phantom", selfTraining: "on the rest" });
    await run("whole");
    // A stop in the phantom's training, in the teacher's and in the student's.
    for (const stage of [1, 4, 3]) {
      let asked = 0;
      expect(await run("stopped", job, () => ++asked > stage)).toBeNull();
      expect(existsSync(join(folder, "stopped", "stages"))).toBe(true);
    }
    expect(await run("stopped")).not.toBeNull();
    expect(await weightsOf("stopped")).toEqual(await weightsOf("whole"));
    expect(existsSync(join(folder, "stopped", "stages"))).toBe(false);
  });

  it.each<[string, TrainingOverrides]>([
    ["pretraining", { pretraining: { epochs: 0 } }],
    ["rounds", { selfTraining: { rounds: 2, minConfidence: 0.3 } }],
    ["confidence", { selfTraining: { rounds: 1, minConfidence: 0.36 } }],
  ])("has other weights with other settings: %s", async (name, overrides) => {
    const { pretraining, selfTraining } = { ...job.config, ...configOf(overrides) };
    const own = name === "pretraining" ? { pretraining } : { selfTraining };
    await run(name, { ...job, config: { ...job.config, ...own } });
    expect(await weightsOf(name)).not.toEqual(await weightsOf("whole"));
  });

  it("warns if the teacher was confident nowhere, and records how many slices it labelled", async () => {
    const warn = jest.spyOn(console, "warn").mockImplementation(() => undefined);
    const selfTraining = { rounds: 1, minConfidence: 1 };
    await run("unsure", { ...job, config: { ...job.config, selfTraining } });
    expect(warn.mock.calls.join()).toMatch(/no pixel of the \d+ unlabelled slices reaches/);
    warn.mockRestore();
    const labelled = async (name: string): Promise<number | undefined> =>
      (await loadRun(join(folder, name))).record.data.pseudoLabelledCases;
    expect(await labelled("unsure")).toBe(0);
    expect(await labelled("whole")).toBeGreaterThan(0);
  });

  it("is not pre-trained on slices of a phantom that is the data", async () => {
    const [own, data] = [await pretrainingData(config), await loadLabelledData("phantom", config)];
    const images = new Set(data.cases.map(({ image }) => image.data.join()));
    expect(own.cases).toHaveLength(images.size);
    expect(own.cases.filter(({ image }) => images.has(image.data.join()))).toEqual([]);
  });

  it("never uses the labels of the unlabelled slices", async () => {
    const { unlabelled = [] } = job;
    const blind = {
      ...dataset,
      cases: dataset.cases.map((item) =>
        unlabelled.includes(item.id) && item.labels !== null
          ? { ...item, labels: { ...item.labels, data: item.labels.data.map(() => 0) } }
          : item,
      ),
    };
    await runJob(job, {
      ...{ folder: join(folder, "blind"), source: "discs", dataset: blind, progress: false },
      keepsWeights: true,
    });
    expect(await weightsOf("blind")).toEqual(await weightsOf("whole"));
  });

  it("is rejected if a slice to label is held out, or there is none", async () => {
    const { test } = job.split;
    await expect(run("held-out", { ...job, unlabelled: test })).rejects.toThrow(
      /each case on one side/,
    );
    const own = configOf({ selfTraining: { rounds: 1 } });
    await expect(
      trainRun({
        ...{ model: "unet", config: own, out: join(folder, "none"), source: "discs", dataset },
        progress: false,
      }),
    ).rejects.toThrow(/selfTraining\.rounds: expected 0 if every slice is labelled, got 1/);
  });
});

describe("a pre-training that jobs share", () => {
  const planned = planKShot({
    ...{ model: "unet", shots: [1, 2], config, folds, cases: dataset.cases },
  });
  const named = (id: string): Job => planned.find((job) => job.id === id) as Job;
  const [one, two] = [named("1shot-phantom-fold1"), named("2shot-phantom-fold2")];
  const run = (job: Job, name: string, options: Partial<RunJobOptions> = {}) =>
    runJob(job, {
      ...{ folder: join(folder, name), source: "discs", dataset, progress: false },
      ...{ keepsWeights: true, ...options },
    });
  const weightsOf = (name: string) => readFile(join(folder, name, "weights.safetensors"));
  const shared = (): { pretrainings: string } => ({ pretrainings: join(folder, "shared") });
  /** How often a job asks whether to stop: once per step. */
  const stepsOf = async (job: Job, name: string, options: Partial<RunJobOptions>) => {
    let asked = 0;
    await run(job, name, { ...options, shouldStop: () => ++asked < 0 });
    return asked;
  };

  it("is trained once, with the weights that each job alone would give", async () => {
    const alone = await stepsOf(one, "one-alone", {});
    await run(two, "two-alone");
    expect(await stepsOf(one, "one-shared", shared())).toBe(alone);
    expect(await stepsOf(two, "two-shared", shared())).toBe(
      jobSteps({ ...two, config: { ...two.config, pretraining: { epochs: 0 } } }),
    );
    expect(await readdir(shared().pretrainings)).toHaveLength(1);
    expect(await weightsOf("one-shared")).toEqual(await weightsOf("one-alone"));
    expect(await weightsOf("two-shared")).toEqual(await weightsOf("two-alone"));
    expect(await weightsOf("one-shared")).not.toEqual(await weightsOf("two-shared"));
  });

  it("differs only with the seed, model and length, not with other settings of its jobs", () => {
    const key = pretrainingKey("unet", one.config);
    expect(pretrainingKey("unet", two.config)).toBe(key);
    expect(pretrainingKey("unet", named("2shot-phantom-self-fold1").config)).toBe(key);
    const others = [
      pretrainingKey("ma", one.config),
      pretrainingKey("unet", { ...one.config, seed: 2 }),
      pretrainingKey("unet", { ...one.config, pretraining: { epochs: 2 } }),
      pretrainingKey("unet", { ...one.config, phantom: { count: 5, size: 32 } }),
    ];
    expect(new Set([key, ...others]).size).toBe(5);
  });

  it("is waited for by concurrent jobs, and resumes after a stop", async () => {
    const own = { pretrainings: join(folder, "at-once") };
    expect(await run(one, "one-at-once", { ...own, shouldStop: () => true })).toBeNull();
    await Promise.all([run(one, "one-at-once", own), run(two, "two-at-once", own)]);
    expect(await readdir(own.pretrainings)).toHaveLength(1);
    expect(await weightsOf("one-at-once")).toEqual(await weightsOf("one-shared"));
    expect(await weightsOf("two-at-once")).toEqual(await weightsOf("two-shared"));
  });

  it("is no longer waited for by a job that should stop", async () => {
    const own = { pretrainings: join(folder, "held") };
    const held = join(own.pretrainings, pretrainingKey("unet", one.config));
    await withFolderLock(held, async () => {
      expect(await run(one, "one-stopped", { ...own, shouldStop: () => true })).toBeNull();
    });
  });

  it("counts once in the planned steps", () => {
    const [first, second] = [jobSteps(one), jobSteps(two)];
    const before =
      first - jobSteps({ ...one, config: { ...one.config, pretraining: { epochs: 0 } } });
    expect(before).toBe(2);
    expect([...studySteps([one, two])]).toEqual([
      [one.id, first],
      [two.id, second - before],
    ]);
    expect([...studySteps([one, two], (id) => id === two.id)]).toEqual([[one.id, first - before]]);
    const ensemble = {
      ...two,
      config: { ...two.config, inference: { ...two.config.inference, ensemble: 2 } },
    };
    expect(studySteps([one, ensemble]).get(two.id)).toBe(jobSteps(ensemble) - before);
  });
});

describe("kShot", () => {
  it("gives a table and a curve with intervals", async () => {
    const options = {
      ...{
        config: configOf({ folds: 2, epochs: 1, phantom: { count: 2, size: 32 } }),
        model: "unet",
        out: join(folder, "study"),
      },
      ...{ source: "discs", dataset, shots: [1, 2], progress: false as const },
    };
    const study = await kShot(options);
    expect(study).toMatchObject({ isComplete: true, trained: 16 });
    for (const row of study.table.rows) expect(row).toMatchObject({ cases: 8, patients: 8 });
    const scores = kShotScores(study.table);
    expect(new Set(scores.map(({ series }) => series))).toEqual(
      new Set([
        ...["from scratch", "pre-trained on the phantom", "self-trained on the rest"],
        "pre-trained on the phantom, self-trained on the rest",
      ]),
    );
    expect(scores.map(({ shots }) => shots)).toEqual([1, 1, 1, 1, 2, 2, 2, 2]);
    expect(kShotCurve(scores).data.length).toBe(12);
    expect(await readFile(join(options.out, "k-shot.csv"), "utf8")).toContain("on the rest");
    expect(await kShot(options)).toMatchObject({ trained: 0, found: 16, table: study.table });
  });
});
