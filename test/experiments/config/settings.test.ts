import type {
  TrainingConfig,
  TrainingOverrides,
} from "../../../src/experiments/config/trainingConfig";
import { trainingConfigSchema } from "../../../src/experiments/config/trainingConfig";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadEngine } from "../../../src/engine/load";
import { mergeSettings } from "../../../src/experiments/config/mergeSettings";
import { presetConfig } from "../../../src/experiments/config/presets";
import { leavesOf } from "../../../src/experiments/config/setting";
import { predictCases } from "../../../src/experiments/evaluation/evaluateModel";
import { inferenceOptions } from "../../../src/experiments/evaluation/inferenceOptions";
import { crossValidationFolds } from "../../../src/experiments/studies/folds";
import { buildModel } from "../../../src/experiments/training/buildModel";
import { loadLabelledData } from "../../../src/experiments/training/dataSource";
import { fitSplit } from "../../../src/experiments/training/fitSplit";
import {
  rejectChangedSettings,
  rejectUnusedSettings,
} from "../../../src/experiments/training/unusedSettings";
import { optimizerOf } from "../../../src/experiments/training/optimizerOf";
import { newSplit } from "../../../src/experiments/training/trainRun";
import { discDataset } from "../support/discDataset";
import { writeNifti } from "../../../src/data/nifti/writeNifti";
import { prepareSamples } from "../../../src/data/prepare";

loadEngine();

/** The fastest training in which every setting still has an effect. */
const BASE: TrainingOverrides = {
  ...{ size: 16, batchSize: 2, epochs: 1, compiled: false, lastBatch: "keep" },
  model: {
    ...{ filters: 2, depth: 2, cardinality: 2, attentionLevels: [1], bucketSize: 8 },
    ...{ normalization: null, standardize: false },
  },
  optimizer: { clipNorm: null },
};

const CRAWL: TrainingOverrides = {
  epochs: 3,
  model: { normalization: "none" },
  optimizer: { name: "sgd", learningRate: 1e-5 },
};

const PATCHES: TrainingOverrides = { size: 32, sampling: { patchSize: 16 } };

/** What a setting must change. */
type Probe = (config: TrainingConfig) => unknown;

const dataset = discDataset(6, 24);

/** The length of a training of `unet`, the fastest model, and its final weights. */
const weights: Probe = async (config) => {
  const folder = await mkdtemp(join(tmpdir(), "layerbook-settings-"));
  const model = buildModel("unet", config, 3);
  try {
    const samples = prepareSamples(dataset, { size: config.size });
    const ids = dataset.cases.map(({ id }) => id);
    const split = { train: ids.slice(0, 3), validation: ids.slice(3, 5) };
    const { records } = await fitSplit(model, samples, split, {
      ...{ config, checkpoint: join(folder, "checkpoint"), progress: false },
    });
    return [records.length, ...model.getWeights().map((weight) => [...weight.dataSync()])];
  } finally {
    model.dispose();
    await rm(folder, { recursive: true });
  }
};

/** Layers and shapes of `residualAttentionUnet`. */
const architecture: Probe = (config) => {
  const model = buildModel("residualAttentionUnet", config, 3);
  const text = JSON.stringify(model.getConfig());
  model.dispose();
  return [text.replace(/_\d+"/g, '"'), model.countParams()];
};

const predictions: Probe = (config) => {
  const model = buildModel("unet", config, 3);
  const planes = predictCases(model, dataset.cases, inferenceOptions(config));
  model.dispose();
  return planes;
};

/** Reads a scan whose mask has the values 0 and 255; returns the data or the error. */
const reading: Probe = async (config) => {
  const folder = await mkdtemp(join(tmpdir(), "layerbook-settings-"));
  const affine = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 5, 0, 0, 0, 0, 1];
  const grid = { shape: [4, 4, 1], spacingMm: [1, 1, 5], affine, source: "" } as const;
  const data = Float32Array.from({ length: 16 }, (_, i) => i / 16);
  try {
    await writeNifti(join(folder, "ct.nii"), { ...grid, data, unit: "normalised" });
    const labels = Uint8Array.from(data, (_, index) => (index % 4 === 0 ? 255 : 0));
    await writeNifti(join(folder, "ct_mask.nii"), { ...grid, data: labels, unit: "grey8" });
    const { cases, classNames } = await loadLabelledData(folder, config);
    return [classNames, cases[0].unit, [...(cases[0].labels?.data ?? [])]];
  } catch (error) {
    return error instanceof Error ? error.message.replace(folder, "") : "no error";
  } finally {
    await rm(folder, { recursive: true });
  }
};

const loaded: Probe = async (config) => {
  const { cases } = await loadLabelledData("phantom", config);
  return [cases.length, cases[0].image.width];
};

const change = (probe: Probe, to: TrainingOverrides, from: TrainingOverrides = {}) => ({
  ...{ probe, to, from },
});
const named = (name: TrainingConfig["optimizer"]["name"]): TrainingOverrides => ({
  optimizer: { name, learningRate: 0.01 },
});
const strength = (to: TrainingOverrides["augmentationStrength"]) =>
  change(weights, { augmentationStrength: to }, { augmentation: "standard" });
const architectural = (model: TrainingOverrides["model"]) => change(architecture, { model });
const optimizer = (
  to: TrainingOverrides["optimizer"],
  from: TrainingOverrides["optimizer"] = { name: "adam" },
) => change(weights, { optimizer: to }, { optimizer: from });

/** A change of each setting, and what it affects. A setting without an entry fails the test. */
const CHANGES: Readonly<Record<string, ReturnType<typeof change>>> = {
  seed: change(weights, { seed: 2 }),
  size: change(architecture, { size: 32 }),
  window: change(predictions, { window: [50, 150] }),
  batchSize: change(weights, { batchSize: 3 }),
  epochs: change(weights, { epochs: 2 }),
  lastBatch: change(weights, { lastBatch: "drop" }),
  "model.filters": architectural({ filters: 4 }),
  "model.depth": architectural({ depth: 3 }),
  "model.standardize": change(predictions, { model: { standardize: true } }),
  "model.normalization": architectural({ normalization: "group" }),
  "model.cardinality": architectural({ cardinality: 1 }),
  "model.pathWidth": architectural({ pathWidth: 5 }),
  "model.blocks": architectural({ blocks: 1 }),
  "model.attention": architectural({ attention: "gate" }),
  "model.attentionLevels": architectural({ attentionLevels: "all" }),
  "model.bucketSize": architectural({ bucketSize: 16 }),
  "model.numHashes": architectural({ numHashes: 1 }),
  "loss.name": change(weights, { loss: { name: "focal" } }),
  "loss.classWeights": change(weights, { loss: { classWeights: [0.1, 1, 5] } }),
  "loss.isBatchwise": change(weights, { loss: { isBatchwise: true } }),
  "loss.skipAbsent": change(weights, { loss: { skipAbsent: false } }),
  "loss.includeBackground": change(weights, { loss: { includeBackground: false } }),
  "loss.deepSupervision": change(weights, { loss: { deepSupervision: true } }),
  "optimizer.name": change(weights, named("lion"), named("adam")),
  "optimizer.learningRate": optimizer({ learningRate: 0.01 }),
  "optimizer.clipNorm": optimizer({ clipNorm: 0.001 }, { name: "sgd" }),
  "optimizer.weightDecay": optimizer({ weightDecay: 0.5 }),
  "optimizer.momentum": optimizer({ momentum: 0.9 }, { name: "rmsprop" }),
  "optimizer.useNesterov": optimizer({ useNesterov: true }, { name: "sgd", momentum: 0.9 }),
  "optimizer.beta1": optimizer({ beta1: 0.1 }),
  "optimizer.beta2": optimizer({ beta2: 0.5 }, { name: "lion" }),
  "optimizer.rho": optimizer({ rho: 0.1 }, { name: "rmsprop" }),
  "optimizer.centered": optimizer({ centered: true }, { name: "rmsprop" }),
  "optimizer.initialAccumulatorValue": optimizer(
    { initialAccumulatorValue: 1 },
    { name: "adagrad" },
  ),
  "optimizer.epsilon": optimizer({ epsilon: 0.1 }, { name: "adamw", weightDecay: 0.004 }),
  "optimizer.gradientAccumulationSteps": optimizer({ gradientAccumulationSteps: 2 }),
  "optimizer.useEma": optimizer({ useEma: true }),
  "optimizer.emaMomentum": optimizer({ emaMomentum: 0.5 }, { useEma: true }),
  "optimizer.useEmaWarmup": optimizer({ useEmaWarmup: true }, { useEma: true }),
  schedule: change(weights, { schedule: { name: "constant" } }),
  "sampling.oversampleForeground": change(weights, { sampling: { oversampleForeground: 0.5 } }),
  "sampling.patchSize": change(weights, { sampling: { patchSize: 16 } }, { size: 32 }),
  augmentation: change(weights, { augmentation: "paper" }),
  "augmentationStrength.flipChance": strength({ flipChance: 0 }),
  "augmentationStrength.verticalFlipChance": strength({ verticalFlipChance: 1 }),
  "augmentationStrength.rotationDegrees": strength({ rotationDegrees: 0 }),
  "augmentationStrength.scale": strength({ scale: [1, 1] }),
  "augmentationStrength.shift": strength({ shift: 0 }),
  "augmentationStrength.elastic": strength({ elastic: 0 }),
  "augmentationStrength.gamma": strength({ gamma: [1, 1] }),
  "augmentationStrength.noise": strength({ noise: 0.3 }),
  "augmentationStrength.cutoutChance": strength({ cutoutChance: 1 }),
  "augmentationStrength.cutoutSize": change(
    weights,
    { augmentationStrength: { cutoutSize: 0.9 } },
    { augmentation: "standard", augmentationStrength: { cutoutChance: 1 } },
  ),
  // At so low a rate no pixel changes its class, and the loss decreases all the time.
  patience: change(weights, { patience: 1 }, CRAWL),
  monitor: change(weights, { monitor: "validationLoss" }, { ...CRAWL, patience: 1 }),
  validationFraction: change((config) => newSplit(dataset, config), { validationFraction: 0.4 }),
  testFraction: change((config) => newSplit(dataset, config), { testFraction: 0.5 }),
  folds: change((config) => crossValidationFolds(dataset.cases, config).length, { folds: "all" }),
  "inference.decoding": change(predictions, { inference: { decoding: "rankDice" } }),
  "inference.flips": change(predictions, { inference: { flips: "both" } }),
  "inference.overlap": change(predictions, { inference: { overlap: 0.75 } }, PATCHES),
  "inference.mode": change(predictions, { inference: { mode: "gaussian" } }, PATCHES),
  precision: change(weights, { precision: "bfloat16" }, { compiled: true }),
  "data.series": change(reading, { data: { series: "3" } }, { data: { labels: { 255: 1 } } }),
  "data.unit": change(reading, { data: { unit: "HU" } }, { data: { labels: { 255: 1 } } }),
  "data.classNames": change(
    reading,
    { data: { classNames: ["background", "lesion"] } },
    { data: { labels: { 255: 1 } } },
  ),
  "data.labels": change(reading, { data: { labels: { 255: 1 } } }),
  "phantom.count": change(loaded, { phantom: { count: 5 } }, { phantom: { count: 4, size: 32 } }),
  "phantom.size": change(loaded, { phantom: { size: 48 } }, { phantom: { count: 4, size: 32 } }),
};

/** Labels, and settings whose effect another test shows. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  preset: "a label",
  "pretraining.epochs": "test/experiments/studies/kShot.test.ts",
  "selfTraining.rounds": "test/experiments/studies/kShot.test.ts",
  "selfTraining.minConfidence": "test/experiments/studies/kShot.test.ts",
  "inference.ensemble": "test/experiments/training/ensemble.test.ts trains and loads one",
  compiled: "test/experiments/training/fit.test.ts trains either way to the same weights",
  "data.resample":
    "test/cli/commands.test.ts reads a mask on another grid with it, and not without",
  "model.encoderWeights": "test/experiments/training/buildModel.test.ts loads a file of weights",
};

describe("settings", () => {
  const known = new Map<string, unknown>();
  async function seen(probe: Probe, overrides: TrainingOverrides): Promise<unknown> {
    const key = probe.name + JSON.stringify(overrides);
    if (!known.has(key)) known.set(key, await probe(presetConfig("quick", overrides)));
    return known.get(key);
  }

  it("all have a tested effect", () => {
    const paths = leavesOf(trainingConfigSchema).map(({ path }) => path.join("."));
    expect([...Object.keys(CHANGES), ...Object.keys(ELSEWHERE)].sort()).toEqual([...paths].sort());
  });

  it.each(Object.keys(CHANGES))("%s changes something", async (path) => {
    const { probe, from, to } = CHANGES[path];
    const before = mergeSettings(trainingConfigSchema, BASE, from);
    const after = mergeSettings(trainingConfigSchema, before, to);
    expect(await seen(probe, after)).not.toEqual(await seen(probe, before));
  });
});

describe("unused settings", () => {
  const refuse = (model: string, overrides: TrainingOverrides, others: readonly string[] = []) => {
    const config = presetConfig("quick", overrides);
    return () => rejectUnusedSettings([model, ...others].map((each) => ({ model: each, config })));
  };

  it.each<[string, TrainingOverrides, RegExp]>([
    [
      "unet",
      { model: { cardinality: 4 } },
      /config\.model\.cardinality: .*got 4, which unet does not have/,
    ],
    [
      "mr",
      { model: { attention: "gate", numHashes: 1 } },
      /numHashes: .*attention "gate" does not have/,
    ],
    ["unet", { loss: { name: "focal", isBatchwise: true } }, /isBatchwise: .*focal does not have/],
    [
      "unet",
      { augmentation: "none", augmentationStrength: { noise: 0 } },
      /noise: .*"none" does not have/,
    ],
    ["unet", { compiled: false, precision: "bfloat16" }, /precision: .*only a compiled step has/],
    ["unet", { inference: { overlap: 0.5 } }, /overlap: .*got 0.5, which needs sampling.patchSize/],
    [
      "unet",
      { size: 32, sampling: { patchSize: 32 }, inference: { mode: "gaussian" } },
      /mode: .*got "gaussian", which needs a patchSize below size/,
    ],
    ["unet", { validationFraction: 0, patience: 3 }, /patience: .*got 3, which needs validation/],
    ["unet", { validationFraction: 0, monitor: "validationLoss" }, /monitor: .*needs validation/],
    [
      "unet",
      { validationFraction: 0, schedule: { name: "reduceOnPlateau" } },
      /schedule: .*needs validation/,
    ],
  ])("are rejected for %s: %j", (model, overrides, message) => {
    expect(refuse(model, overrides)).toThrow(message);
  });

  it("are rejected if a given split has no validation slices", () => {
    const config = presetConfig("quick", { validationFraction: 0.3 });
    const split = { validation: [] };
    expect(() => rejectUnusedSettings([{ model: "unet", config, split }])).toThrow(
      /validationFraction: .*got 0\.3, which has no slices to divide/,
    );
  });

  it("are rejected if a study sets them itself", () => {
    const config = presetConfig("quick", { augmentation: "none" });
    const rejectAt = (path: string) => () =>
      rejectChangedSettings(config, path, "this study sets itself", "Remove it.");
    expect(rejectAt("augmentation")).toThrow(
      'config.augmentation: expected a setting that the study uses, got "none", which this study sets itself. Remove it.',
    );
    expect(rejectAt("testFraction")).not.toThrow();
  });

  it("are accepted if one model of a study uses them, or the preset has them", () => {
    expect(refuse("unet", { model: { cardinality: 4 } }, ["ma"])).not.toThrow();
    const config = presetConfig("smoke", { loss: { name: "crossEntropy" } });
    expect(() => rejectUnusedSettings([{ model: "unet", config }])).not.toThrow();
  });
});

describe("the optimizer's settings", () => {
  const optimizerFor = (settings: TrainingOverrides["optimizer"]) =>
    optimizerOf(presetConfig("quick", { optimizer: settings }));

  it.each(["adam", "sgd", "rmsprop", "adagrad", "lion"] as const)("has %s", (name) => {
    expect(optimizerFor({ name })).toMatchObject({ name, learningRate: 0.002, clipNorm: 1 });
  });

  it.each<[TrainingOverrides["optimizer"], RegExp]>([
    [{ momentum: 0.9 }, /momentum: expected 0 for adam, got 0.9\. It belongs to sgd, rmsprop/],
    [{ name: "sgd", beta1: 0.5 }, /beta1: expected null for sgd, got 0.5.*adam, adamw, lion/],
    [{ name: "lion", rho: 0.5 }, /rho: expected null for lion, got 0.5.*rmsprop/],
    [{ centered: true }, /centered: expected false for adam, got true/],
    [{ name: "sgd", useNesterov: true }, /useNesterov: expected a momentum as well/],
    [{ emaMomentum: 0.9 }, /emaMomentum: expected useEma: true as well, got 0.9/],
    [{ useEmaWarmup: true }, /useEmaWarmup: expected useEma: true as well/],
    [{ name: "adamw" }, /weightDecay: expected above 0 for adamw, got 0/],
  ])("rejects what the optimizer would ignore: %j", (settings, message) => {
    expect(() => optimizerFor(settings)).toThrow(message);
  });
});
