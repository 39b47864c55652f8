import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod";
import { ConfigError } from "../../core/errors";
import { pathKind } from "../../files/readFiles";
import { prepareSamples } from "../../data/prepare";
import type { Sample, SliceDataset } from "../../data/types";
import { buildModel, expectModelName } from "../training/buildModel";
import { PHANTOM, loadLabelledData } from "../training/dataSource";
import { evaluateModel } from "../evaluation/evaluateModel";
import { readFoldRecords, writeFoldRecords } from "./foldRecord";
import type { FoldRecord } from "./foldRecord";
import { parseConfig } from "../config/parseConfig";
import { kFold, readSplits, selectById, splitByGroup, writeSplits } from "../../data/splits";
import type { Split } from "../../data/splits";
import { tableCsv, tableMarkdown, tablesOf } from "./tables";
import type { Tables } from "./tables";
import { fitSplit } from "../training/fitSplit";
import type { TrainingHooks } from "../training/fitSplit";
import { trainingConfigSchema } from "../config/trainingConfig";
import type { TrainingConfig } from "../config/trainingConfig";
import { writeJsonWhole, writeWhole } from "../../files/writeWhole";

/** What {@link compareModels} compares. */
export interface CompareOptions extends TrainingHooks {
  /** Names that `modelByName` knows. */
  readonly models: readonly string[];
  readonly augmentations: readonly TrainingConfig["augmentation"][];
  /** `folds` and all else but the augmentation. */
  readonly config: TrainingConfig;
  /** Folds that are done are read from it, the others trained; tables are written to it. */
  readonly out: string;
  /** A path or `"phantom"`, the default. */
  readonly source?: string;
  /** The source's slices, where they are in memory already. */
  readonly dataset?: SliceDataset;
  /** Told of each training before it starts. */
  readonly onTraining?: (name: string, index: number, count: number) => void;
}

/** What a comparison came to. */
export interface Comparison {
  /** Of all folds that are done. */
  readonly records: readonly FoldRecord[];
  readonly tables: Tables;
  /** False where it was asked to stop; called again it goes on. */
  readonly isComplete: boolean;
  /** Trainings that this call did, and found done. */
  readonly trained: number;
  readonly found: number;
}

/** One training: the unit that is kept, and that a killed comparison goes on from. */
interface Job {
  readonly model: string;
  readonly augmentation: TrainingConfig["augmentation"];
  readonly split: Split;
  /** Names its files. */
  readonly key: string;
}

const COMPARISON_FILE = "comparison.json";
const SPLITS_FILE = "splits.json";
const FOLDS_FOLDER = "folds";

/**
 * Trains every model with every augmentation on every fold, and ends in the paper's Tables I and II
 * as Markdown and CSV.
 *
 * All share the folds and the seeds. Augmented copies are made of a fold's training slices alone.
 * Each training's records are saved when it ends; the tables are averages of records.
 *
 * @throws DataError for data that cannot be read; ConfigError when the folder holds another
 *   comparison. Nothing is written then.
 */
export async function compareModels(options: CompareOptions): Promise<Comparison> {
  const { config, out, source = PHANTOM } = options;
  options.models.forEach(expectModelName);
  await expectSameComparison(join(out, COMPARISON_FILE), config, source);
  const dataset = options.dataset ?? (await loadLabelledData(source, config));
  const splits = await savedFolds(join(out, SPLITS_FILE), dataset, config);
  await writeJsonWhole(join(out, COMPARISON_FILE), { source, config: commonConfig(config) });
  const samples = prepareSamples(dataset, { size: config.size });
  const jobs = listJobs(options, splits);
  const records: FoldRecord[] = [];
  let trained = 0;
  let found = 0;
  for (const [index, job] of jobs.entries()) {
    const path = join(out, FOLDS_FOLDER, `${job.key}.json`);
    const done = await readFoldRecords(path);
    if (done !== null) {
      records.push(...done);
      found++;
      continue;
    }
    options.onTraining?.(job.key, index, jobs.length);
    const made = await trainFold(job, { ...options, dataset, samples });
    if (made === null) break;
    await writeFoldRecords(path, made);
    await rm(checkpointPath(out, job), { force: true });
    records.push(...made);
    trained++;
  }
  const isComplete = trained + found === jobs.length;
  const tables = tablesOf(records);
  if (isComplete) await writeTables(out, tables);
  return { records, tables, isComplete, trained, found };
}

function listJobs({ models, augmentations }: CompareOptions, splits: readonly Split[]): Job[] {
  return splits.flatMap((split) =>
    models.flatMap((model) =>
      augmentations.map((augmentation) => {
        const key = `${model}-${augmentation}-fold${split.fold + 1}`;
        return { model, augmentation, split, key };
      }),
    ),
  );
}

/** @returns `null` where it was asked to stop */
async function trainFold(
  { model: name, augmentation, split, key }: Job,
  context: CompareOptions & { readonly dataset: SliceDataset; readonly samples: readonly Sample[] },
): Promise<FoldRecord[] | null> {
  const { dataset, samples, out, progress } = context;
  const { classNames, cases } = dataset;
  const config: TrainingConfig = { ...context.config, augmentation };
  const model = buildModel(name, config, classNames.length);
  try {
    const { ended } = await fitSplit(model, samples, innerSplit(split, dataset, config), {
      ...context,
      config,
      checkpoint: checkpointPath(out, { key }),
      progress: progress === false ? false : key,
    });
    if (ended === "interrupted") return null;
    const heldOut = selectById(cases, split.validation);
    const { records } = evaluateModel(model, heldOut, { classNames, batchSize: config.batchSize });
    return records.map((metrics) => ({
      model: name,
      augmentation,
      fold: split.fold,
      seed: config.seed,
      metrics,
    }));
  } finally {
    model.dispose();
  }
}

/** What early stopping watches comes out of the fold's training part; its held-out part stays unseen. */
function innerSplit(
  split: Split,
  { cases }: SliceDataset,
  { seed, validationFraction }: TrainingConfig,
): Pick<Split, "train" | "validation"> {
  return splitByGroup(selectById(cases, split.train), { seed, validationFraction });
}

function checkpointPath(out: string, { key }: Pick<Job, "key">): string {
  return join(out, FOLDS_FOLDER, `${key}.safetensors`);
}

async function writeTables(out: string, { tableOne, tableTwo }: Tables): Promise<void> {
  const parts = [
    ["table1", "Table I: models with and without augmentation", tableOne],
    ["table2", "Table II: the parts of the model", tableTwo],
  ] as const;
  for (const [name, title, rows] of parts) {
    if (rows.length === 0) continue;
    await writeWhole(join(out, `${name}.md`), tableMarkdown(title, rows));
    await writeWhole(join(out, `${name}.csv`), tableCsv(rows));
  }
}

/** The folds that the comparison began with, or new ones, saved. */
async function savedFolds(
  path: string,
  { cases }: SliceDataset,
  { folds, seed }: TrainingConfig,
): Promise<Split[]> {
  if ((await pathKind(path)) === "file") return readSplits(path, cases);
  const splits = kFold(cases, { folds, seed });
  await writeSplits(path, splits);
  return splits;
}

const commonSchema = trainingConfigSchema.omit({ augmentation: true });
const comparisonSchema = z.strictObject({ source: z.string(), config: commonSchema });

function commonConfig(config: TrainingConfig): z.infer<typeof commonSchema> {
  return commonSchema.strip().parse(config);
}

/** Models and augmentations may be added to a comparison; all else must stay. */
async function expectSameComparison(
  path: string,
  config: TrainingConfig,
  source: string,
): Promise<void> {
  if ((await pathKind(path)) !== "file") return;
  const remedy = "Choose another folder, or remove this one.";
  const text = await readFile(path, "utf8");
  const saved = parseConfig(path, comparisonSchema, parseJson(text), remedy);
  const before: Record<string, unknown> = { data: saved.source, ...saved.config };
  const wanted: Record<string, unknown> = { data: source, ...commonConfig(config) };
  for (const [key, value] of Object.entries(wanted)) {
    const [asked, got] = [JSON.stringify(value), JSON.stringify(before[key])];
    if (asked === got) continue;
    throw new ConfigError({
      where: path,
      expected: `a comparison with ${key} ${asked}`,
      got: `one with ${got}`,
      remedy,
    });
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
