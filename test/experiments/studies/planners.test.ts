import { presetConfig } from "../../../src/experiments/config/presets";
import { crossValidationFolds, ownFolds } from "../../../src/experiments/studies/folds";
import { jobSteps } from "../../../src/experiments/studies/job";
import { planAblate } from "../../../src/experiments/studies/planners/ablate";
import { planCompare } from "../../../src/experiments/studies/planners/compare";
import { discDataset } from "../support/discDataset";

const { cases } = discDataset();
const config = presetConfig("smoke");
const folds = crossValidationFolds(cases, config);

describe("crossValidationFolds", () => {
  it("takes the slices for early stopping from the training part", () => {
    expect(folds.flatMap(({ test }) => test).sort()).toEqual(cases.map(({ id }) => id).sort());
    for (const { train, validation, test } of folds) {
      expect(validation).toHaveLength(1);
      expect(new Set([...train, ...validation, ...test]).size).toBe(cases.length);
    }
  });

  it('holds out each patient once with folds "all"', () => {
    const all = crossValidationFolds(cases, { ...config, folds: "all" });
    expect(all.map(({ test }) => test).sort()).toEqual(cases.map(({ id }) => [id]).sort());
  });

  it("uses given splits unchanged, and the validation part of kFold's as held out", () => {
    const [a, b, ...rest] = cases.map(({ id }) => id);
    const common = { fold: 0, seed: 1 };
    const whole = { ...common, train: rest, validation: [b], test: [a] };
    expect(ownFolds([whole], cases, config)).toEqual([whole]);
    const [fold] = ownFolds(
      [{ ...common, train: [b, ...rest], validation: [a], test: [] }],
      cases,
      {
        ...config,
        validationFraction: 0,
      },
    );
    expect(fold).toMatchObject({ train: [b, ...rest], validation: [], test: [a] });
    const again = { ...whole, test: [rest[0]], train: rest.slice(1) };
    expect(() => ownFolds([whole, again], cases, config)).toThrow(
      /expected each fold once, got fold 0 twice/,
    );
    expect(() => ownFolds([whole, { ...whole, fold: 1 }], cases, config)).toThrow(
      new RegExp(`expected each case held out once, got ${a} twice`),
    );
    const none = { ...common, train: rest, validation: [], test: [] };
    expect(() => ownFolds([none], cases, config)).toThrow(/expected cases to test on, got none/);
  });
});

describe("planCompare", () => {
  it("plans fold by fold, with the same folds for every model, augmentation and seed", () => {
    const jobs = planCompare({
      ...{ models: ["unet", "ma"], augmentations: ["none", "paper"], seeds: [1, 2], config, folds },
    });
    expect(jobs).toHaveLength(2 * 2 * 2 * 2);
    expect(new Set(jobs.map(({ id }) => id)).size).toBe(jobs.length);
    expect(jobs.map(({ split }) => split.fold)).toEqual(
      Array.from({ length: 16 }, (_, index) => Math.floor(index / 8)),
    );
    expect(new Set(jobs.slice(0, 8).map(({ split }) => split)).size).toBe(1);
    expect(jobs[0]).toMatchObject({
      id: "unet-none-fold1",
      config: { seed: 1, augmentation: "none" },
      factors: { augmentation: "none" },
    });
  });
});

describe("seeds that are added later", () => {
  const idsOf = (seeds: number[]): string[] =>
    planCompare({ models: ["unet"], augmentations: ["none"], seeds, config, folds }).map(
      ({ id }) => id,
    );

  it("leave the jobs of the first unchanged, so that none is trained again", () => {
    const more = [config.seed, config.seed + 1];
    expect(idsOf(more)).toEqual(expect.arrayContaining(idsOf([config.seed])));
    expect(new Set(idsOf(more)).size).toBe(2 * folds.length);
    expect(idsOf([config.seed + 1])).toEqual(
      idsOf(more).filter((id) => !idsOf([config.seed]).includes(id)),
    );
  });
});

describe("a training that is named twice", () => {
  it.each([
    [{ models: ["unet", "unet"] }, /expected each training once, got unet-none-fold1 twice/],
    [{ augmentations: ["none", "none"] as const }, /got unet-none-fold1 twice. Name each model/],
    [{ seeds: [3, 3] }, /got unet-none-fold1-seed3 twice/],
  ])("is rejected: %j", (more, message) => {
    const plan = { models: ["unet"], augmentations: ["none"] as const, config, folds };
    expect(() => planCompare({ ...plan, ...more })).toThrow(message);
  });
});

describe("planAblate", () => {
  it("shows no cardinality for a model without ResNeXt blocks", () => {
    const factors = { part: ["M-R"], cardinality: [1] };
    const jobs = planAblate({ factors, config, folds: folds.slice(0, 1) });
    expect(jobs.map((job) => job.factors)).toEqual([
      { part: "all", cardinality: config.model.cardinality },
      { part: "M-R", cardinality: null },
      { part: "all", cardinality: 1 },
    ]);
  });

  it("changes one thing at a time, compared with the whole model", () => {
    const jobs = planAblate({
      factors: { part: null, attention: null, numHashes: [1, 4] },
      config,
      folds: folds.slice(0, 1),
    });
    expect(jobs.map(({ id }) => id)).toEqual([
      ...["whole-fold1", "part=M_A-fold1", "part=M_R-fold1", "attention=none-fold1"],
      ...["attention=gate-fold1", "attention=multiHead-fold1", "numHashes=1-fold1"],
    ]);
    const base = { part: "all", attention: "lsh", numHashes: 4 };
    expect(jobs.map(({ factors }) => factors)).toEqual([
      base,
      // The whole model's value is not shown for a factor that a row's model does not have.
      { part: "M-A", attention: "none", numHashes: null },
      { ...base, part: "M-R" },
      ...["none", "gate", "multiHead"].map((attention) => ({
        ...base,
        attention,
        numHashes: null,
      })),
      { ...base, numHashes: 1 },
    ]);
    expect(jobs.map(({ model }) => model).slice(0, 4)).toEqual([
      ...["residualAttentionUnet", "ma", "mr", "residualAttentionUnet"],
    ]);
    expect(jobs[6].config.model).toEqual({ ...config.model, numHashes: 1 });
  });

  it.each([
    [{ colour: null }, /ablate: expected factors among part, attention, .*, got "colour"/],
    [{ loss: ["hinge"] }, /ablate loss\.loss\.name: expected .*crossEntropy.*, got "hinge"/],
    [{ part: ["M-X"] }, /ablate part: expected M-A or M-R, got M-X/],
  ])("rejects %j", (factors, message) => {
    expect(() => planAblate({ factors, config, folds })).toThrow(message);
  });
});

describe("jobSteps", () => {
  it("counts whole batches, and the paper's copies", () => {
    const split = { ...folds[0], train: ["a", "b", "c"] };
    const steps = (augmentation: "none" | "paper", lastBatch: "keep" | "drop") =>
      jobSteps({ split, config: { ...config, epochs: 2, batchSize: 4, augmentation, lastBatch } });
    expect([steps("none", "drop"), steps("paper", "drop"), steps("paper", "keep")]).toEqual([
      2, 8, 10,
    ]);
  });
});
