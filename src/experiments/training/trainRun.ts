import { rm } from "node:fs/promises";
import { join } from "node:path";
import type * as tf from "@tensorflow/tfjs";
import { ConfigError } from "../../core/errors";
import type { OptimizerConfig } from "../../core/optimizers";
import { pathKind } from "../../files/readFiles";
import { prepareSamples } from "../../data/prepare";
import type { Sample, SliceCase, SliceDataset } from "../../data/types";
import { buildModel, expectModelName } from "./buildModel";
import { PHANTOM, loadLabelledData } from "./dataSource";
import { fit } from "./fit";
import type { FitOptions, FitResult } from "./fitOptions";
import { CHECKPOINT_FILE, SPLIT_FILE, loadRun, readRunRecord, saveRun } from "../storage/runs";
import type { Run, RunRecord } from "../storage/runs";
import { readSplits, selectById, splitByGroup, writeSplits } from "../../data/splits";
import type { Split } from "../../data/splits";
import type { TrainingConfig } from "../config/trainingConfig";

/** What a caller may watch and stop. */
export type TrainingHooks = Pick<FitOptions, "progress" | "shouldStop" | "onEpoch" | "callbacks">;

/** What {@link trainRun} trains, on what, and where to. */
export interface TrainRunOptions extends TrainingHooks {
  /** A name that `modelByName` knows. */
  readonly model: string;
  readonly config: TrainingConfig;
  /** The run's folder; a training that was stopped or killed in it goes on, a finished one is loaded. */
  readonly out: string;
  /** A path or `"phantom"`, the default. */
  readonly source?: string;
  /** The source's slices, where they are in memory already. */
  readonly dataset?: SliceDataset;
}

/** A run with the slices that were held out of it. */
export interface TrainedRun extends Run {
  readonly testCases: readonly SliceCase[];
  readonly split: Split;
  /** The folder held the finished run already; nothing was trained. */
  readonly wasFinished: boolean;
}

/**
 * One training from data to folder: read, split, fit, save. Called again it goes on where it was
 * stopped or killed, with the split that it began with.
 *
 * @throws DataError for data that cannot be read; ConfigError when the folder holds another run.
 *   Nothing is written then.
 */
export async function trainRun(options: TrainRunOptions): Promise<TrainedRun> {
  const { config, out, source = PHANTOM } = options;
  expectModelName(options.model);
  const before = await readRunRecord(out);
  if (before !== null) expectSameRun(out, before, { model: options.model, config, source });
  const dataset = options.dataset ?? (await loadLabelledData(source, config));
  const split = await savedSplit(join(out, SPLIT_FILE), dataset, config);
  const testCases = selectById(dataset.cases, split.test);
  if (before !== null && before.result.ended !== "interrupted") {
    return { ...(await loadRun(out)), testCases, split, wasFinished: true };
  }
  const model = buildModel(options.model, config, dataset.classNames.length);
  const checkpoint = join(out, CHECKPOINT_FILE);
  const samples = prepareSamples(dataset, { size: config.size });
  const result = await fitSplit(model, samples, split, { ...options, checkpoint });
  const record = await saveRun(out, model, {
    model: options.model,
    classNames: [...dataset.classNames],
    config,
    data: {
      source,
      name: dataset.name,
      trainCases: split.train.length,
      validationCases: split.validation.length,
      testCases: split.test.length,
    },
    result,
  });
  if (result.ended !== "interrupted") await rm(checkpoint, { force: true });
  return { folder: out, record, model, testCases, split, wasFinished: false };
}

/** `fit` as a configuration has it, on the parts of a split. */
export function fitSplit(
  model: tf.LayersModel,
  samples: readonly Sample[],
  split: Pick<Split, "train" | "validation">,
  options: TrainingHooks & { readonly config: TrainingConfig; readonly checkpoint: string },
): Promise<FitResult> {
  const { config, checkpoint, progress, shouldStop, onEpoch, callbacks } = options;
  const { epochs, batchSize, seed, schedule, augmentation, augmentationStrength } = config;
  const { lastBatch, patience, monitor, compiled, precision } = config;
  return fit(
    model,
    {
      train: selectById(samples, split.train),
      validation: selectById(samples, split.validation),
    },
    {
      ...{ epochs, batchSize, seed, schedule, augmentation, augmentationStrength },
      ...{ lastBatch, patience, monitor, compiled, precision },
      loss: withoutNull(config.loss),
      optimizer: optimizerOf(config),
      ...{ progress, shouldStop, onEpoch, callbacks },
      checkpoint: { path: checkpoint },
    },
  );
}

/** @throws ConfigError for a momentum that Adam would ignore */
function optimizerOf({ optimizer }: Pick<TrainingConfig, "optimizer">): OptimizerConfig {
  const { name, momentum, ...common } = optimizer;
  if (name === "sgd") return { name, momentum, ...withoutNull(common) };
  if (momentum === 0) return { name, ...withoutNull(common) };
  throw new ConfigError({
    where: "config.optimizer.momentum",
    expected: "0 for adam, which has its own",
    got: String(momentum),
    remedy: "Set optimizer.name to sgd, or take the momentum out.",
  });
}

/** Leaves out what a configuration sets to `null`, which `fit` and the optimizers take as absent. */
function withoutNull<T extends object>(settings: T): WithoutNull<T> {
  const entries = Object.entries(settings).filter(([, value]) => value !== null);
  return Object.fromEntries(entries) as WithoutNull<T>;
}

type WithoutNull<T> = { [K in keyof T as null extends T[K] ? never : K]: T[K] } & {
  [K in keyof T as null extends T[K] ? K : never]?: NonNullable<T[K]>;
};

/** The split that the folder's training began with, or a new one, saved. */
async function savedSplit(
  path: string,
  { cases }: SliceDataset,
  { seed, validationFraction, testFraction }: TrainingConfig,
): Promise<Split> {
  if ((await pathKind(path)) === "file") {
    const [split] = await readSplits(path, cases);
    return split;
  }
  const split = splitByGroup(cases, { seed, validationFraction, testFraction });
  await writeSplits(path, [split]);
  return split;
}

/** @throws ConfigError that names the first setting in which a folder's run differs */
function expectSameRun(
  folder: string,
  record: RunRecord,
  wanted: { readonly model: string; readonly config: TrainingConfig; readonly source: string },
): void {
  const flat = (model: string, source: string, config: TrainingConfig): Record<string, string> => ({
    ...Object.fromEntries(
      Object.entries(config).map(([key, value]) => [`${key} setting`, JSON.stringify(value)]),
    ),
    model,
    data: source,
  });
  const saved = flat(record.model, record.data.source, record.config);
  const asked = flat(wanted.model, wanted.source, wanted.config);
  const differing = Object.keys(asked).find((key) => saved[key] !== asked[key]);
  if (differing === undefined) return;
  throw new ConfigError({
    where: folder,
    expected: `an empty folder or a run with ${differing} ${asked[differing]}`,
    got: `a run with ${differing} ${saved[differing] ?? "none"}`,
    remedy: "Choose another folder, or remove this one",
  });
}
