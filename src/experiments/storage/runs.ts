import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import * as tf from "@tensorflow/tfjs";
import * as z from "zod";
import { version } from "../../../package.json";
import { ConfigError, DataError } from "../../core/errors";
import { readSafetensors, writeSafetensors } from "../../core/weights/safetensors";
import { bytesSource } from "../../core/weights/WeightTensor";
import { loadEngine } from "../../engine/load";
import { buildModel } from "../training/buildModel";
import { epochRecordSchema } from "../training/checkpoint";
import type { EpochRecord } from "../training/checkpoint";
import type { FitResult } from "../training/fitOptions";
import { trainingConfigSchema } from "../config/trainingConfig";
import type { TrainingConfig } from "../config/trainingConfig";
import { readRecord } from "./readRecord";
import { unfinishedRun } from "./unfinishedRun";
import { modelVariables, readVariables, writeVariables } from "../training/variables";
import { writeJsonWhole, writeWhole } from "../../files/writeWhole";
import { CHECKPOINT_FILE, RECORD_FILE, STAGES_FOLDER, WEIGHTS_FILE } from "./fileNames";

/** The content of a run's `run.json`: everything about it except the weights. */
export interface RunRecord {
  format: "layerbook-run-1";
  /** A name accepted by `buildModel`. */
  model: string;
  classNames: string[];
  config: TrainingConfig;
  data: {
    /** The path as given, or `phantom`. */
    source: string;
    name: string;
    trainCases: number;
    validationCases: number;
    testCases: number;
    /** Number of unlabelled slices that the teacher of self-training labelled; absent without self-training. */
    pseudoLabelledCases?: number | undefined;
    /** A note on the split if the patients are unknown; see `splitNote`. */
    splitNote: string | null;
  };
  versions: { layerbook: string; tfjs: string; tensorflow: string | null; node: string };
  result: {
    ended: "completed" | "earlyStop" | "interrupted";
    bestEpoch: number;
    steps: number;
    seconds: number;
    records: EpochRecord[];
  };
}

const runRecordSchema = z.strictObject({
  format: z.literal("layerbook-run-1"),
  model: z.string(),
  classNames: z.array(z.string()).min(2),
  config: trainingConfigSchema,
  data: z.strictObject({
    source: z.string(),
    name: z.string(),
    trainCases: z.int(),
    validationCases: z.int(),
    testCases: z.int(),
    pseudoLabelledCases: z.int().optional(),
    splitNote: z.string().nullable().default(null),
  }),
  versions: z.strictObject({
    layerbook: z.string(),
    tfjs: z.string(),
    tensorflow: z.string().nullable(),
    node: z.string(),
  }),
  result: z.strictObject({
    ended: z.enum(["completed", "earlyStop", "interrupted"]),
    bestEpoch: z.int(),
    steps: z.int(),
    seconds: z.number(),
    records: z.array(epochRecordSchema),
  }),
}) satisfies z.ZodType<RunRecord>;

/** A finished run in memory. */
export interface Run {
  readonly folder: string;
  readonly record: RunRecord;
  readonly model: tf.LayersModel;
  /** All members of an ensemble, with `model` first; can be passed to `predictCases`. */
  readonly models: readonly tf.LayersModel[];
}

/**
 * The network of a run that is not an ensemble.
 *
 * @throws ConfigError for an ensemble
 */
export function onlyModel(
  where: string,
  { folder, models }: Pick<Run, "folder" | "models">,
): tf.LayersModel {
  if (models.length === 1) return models[0];
  throw new ConfigError({
    where,
    expected: "a run of one network",
    got: `an ensemble of ${models.length}, "${folder}"`,
    remedy: `Name one of its members, such as "${memberFolder(folder, 2)}".`,
  });
}

/** The folder of a member of an ensemble, counted from 2; the first member is the run itself. */
export function memberFolder(folder: string, member: number): string {
  return join(folder, `member${member}`);
}

/** The settings of a member: another seed, and no further members. */
export function memberConfig(config: TrainingConfig, member: number): TrainingConfig {
  const seed = (config.seed + member - 1) % 2 ** 32;
  return { ...config, seed, inference: { ...config.inference, ensemble: 1 } };
}

/** Options of {@link saveRun}, which adds versions itself. */
export interface SaveRunOptions extends Pick<
  RunRecord,
  "model" | "classNames" | "config" | "data"
> {
  readonly result: FitResult;
}

/**
 * Writes a model and its record into a folder. `run.json` is written last, so that a folder with this file is
 * complete.
 */
export async function saveRun(
  folder: string,
  model: tf.LayersModel,
  options: SaveRunOptions,
): Promise<RunRecord> {
  const { ended, bestEpoch, steps, seconds, records } = options.result;
  const record: RunRecord = {
    format: "layerbook-run-1",
    model: options.model,
    classNames: [...options.classNames],
    config: options.config,
    data: options.data,
    versions: {
      layerbook: version,
      tfjs: tf.version_core,
      tensorflow: loadEngine().tensorflow,
      node: process.version,
    },
    result: { ended, bestEpoch, steps, seconds, records: [...records] },
  };
  const weights = writeSafetensors(readVariables(modelVariables(model)), { model: options.model });
  await writeWhole(join(folder, WEIGHTS_FILE), weights);
  await writeJsonWhole(join(folder, RECORD_FILE), record);
  return record;
}

/**
 * Reads the record that {@link saveRun} wrote, without the model.
 *
 * @returns `null` if the folder has no finished run
 * @throws DataError if `run.json` is not of this version
 */
export function readRunRecord(folder: string): Promise<RunRecord | null> {
  return readRecord(join(folder, RECORD_FILE), runRecordSchema, {
    expected: "the record of a run of this version",
    remedy: "Train it again.",
  });
}

/**
 * Removes the files that a run needs only to continue. Called for finished runs too, since one may have been killed
 * before this.
 */
export async function removeUnfinished(folder: string): Promise<void> {
  await rm(join(folder, CHECKPOINT_FILE), { force: true });
  await rm(join(folder, STAGES_FOLDER), { recursive: true, force: true });
}

/** Options of {@link loadRun}. */
export interface LoadRunOptions {
  /** Whether to accept a run whose training was stopped early; default false. */
  readonly allowInterrupted?: boolean;
}

/**
 * Reads the record of a run that must exist.
 *
 * @throws DataError if the folder has no run, one of another version, or one that was stopped
 */
export async function expectRunRecord(
  folder: string,
  { allowInterrupted = false }: LoadRunOptions = {},
): Promise<RunRecord> {
  const record = await readRunRecord(folder);
  if (record === null) throw await unfinishedRun(folder, null);
  const { ended, records } = record.result;
  if (ended === "interrupted" && !allowInterrupted) {
    const [epochs, wantedEpochs] = [records.length, record.config.epochs];
    throw await unfinishedRun(folder, { epochs, wantedEpochs });
  }
  return record;
}

/**
 * Loads a run with its model, ready to predict.
 *
 * @throws DataError if the folder has no finished run, or its files do not match
 */
export async function loadRun(folder: string, options: LoadRunOptions = {}): Promise<Run> {
  const record = await expectRunRecord(folder, options);
  const path = join(folder, WEIGHTS_FILE);
  const bytes = await readFile(path).catch((cause: unknown) => {
    throw new DataError({
      where: path,
      expected: "the run's weights",
      got: "nothing that can be read",
      remedy: "Train it again.",
      cause,
    });
  });
  // The run's weights replace those that the encoder was initialised with, which may no longer exist.
  const architecture = { ...record.config.model, encoderWeights: null };
  const config = { ...record.config, model: architecture };
  const model = buildModel(record.model, config, record.classNames.length);
  writeVariables(path, modelVariables(model), readSafetensors(path, bytesSource(bytes)));
  const models = [model];
  for (let member = 2; member <= record.config.inference.ensemble; member++) {
    models.push((await loadRun(memberFolder(folder, member), options)).model);
  }
  return { folder, record, model, models };
}
