import { rm } from "node:fs/promises";
import { join } from "node:path";
import { ConfigError, LayerbookError } from "../../core/errors";
import { listFolder, pathKind } from "../../files/readFiles";
import { expectDistinctNames } from "../../data/classNames";
import { prepareSamples } from "../../data/prepare";
import type { ReadDatasetOptions } from "../../data/readDataset";
import type { Sample, SliceCase, SliceDataset } from "../../data/types";
import type * as tf from "@tensorflow/tfjs";
import { memberConfig } from "../storage/runs";
import { buildModel } from "./buildModel";
import type { TrainingCallback } from "./events";
import { leakCopies } from "./leakedSamples";
import { expectForeground, missingClassNotes } from "./missingClasses";
import { prepareOptions } from "./prepareOptions";
import { pretrain } from "./pretraining";
import { checkUnlabelled, labelUnlabelled, trainTeacher } from "./stages";
import { transferWeights } from "./transferWeights";
import { rejectUnusedSettings } from "./unusedSettings";
import { PHANTOM, loadLabelledData } from "./dataSource";
import { expectLoss, expectTrainable, fitSplit } from "./fitSplit";
import type { TrainingHooks } from "./fitSplit";
import { loadRun, memberFolder, readRunRecord, removeUnfinished, saveRun } from "../storage/runs";
import type { Run } from "../storage/runs";
import { caseHashes } from "../storage/caseHashes";
import { LOCK_FILE, expectNoOwner, withFolderLock } from "../storage/folderLock";
import {
  expectSameData,
  expectSameSettings,
  readManifest,
  writeManifest,
} from "../storage/manifest";
import type { WantedData, WantedSettings } from "../storage/manifest";
import { splitNote } from "../../data/splitNote";
import { checkSplit, readSplits, selectById, splitByGroup, writeSplits } from "../../data/splits";
import type { Split } from "../../data/splits";
import type { TrainingConfig } from "../config/trainingConfig";
import {
  CHECKPOINT_FILE,
  MANIFEST_FILE,
  SPLIT_FILE,
  STUDY_FILE,
  WEIGHTS_FILE,
} from "../storage/fileNames";

/** Options of {@link trainRun}. */
export interface TrainRunOptions extends TrainingHooks {
  /** A name accepted by `modelByName`. */
  readonly model: string;
  readonly config: TrainingConfig;
  /** The run's folder. A training that was stopped or killed in it continues; a finished one is loaded. */
  readonly out: string;
  /** A path, or `"phantom"` (the default). */
  readonly source?: string;
  /** How the source is read, such as which DICOM series. */
  readonly readOptions?: ReadDatasetOptions;
  /** The slices of the source, if they are already in memory. */
  readonly dataset?: SliceDataset;
  /** What the training of a leak study may do; see `leakStudy`. */
  readonly leak?: { readonly tornGroups: boolean; readonly copiesBeforeSplit: boolean } | undefined;
  /** Further slices for `selfTraining`, whose labels are not used. */
  readonly unlabelled?: readonly string[];
  /** The folder where trainings that share a pre-training keep its weights; default in the run's folder. */
  readonly pretrainings?: string;
  /** Called also for the trainings of an ensemble's other members, unlike `callbacks`. */
  readonly memberCallbacks?: readonly TrainingCallback[];
  /** Default: split by group, with the seed and fractions of the configuration. */
  readonly split?: Split;
}

/** A run with the slices that were held out. */
export interface TrainedRun extends Run {
  readonly testCases: readonly SliceCase[];
  readonly split: Split;
  /** Whether the folder already had the finished run, so that nothing was trained. */
  readonly wasFinished: boolean;
}

/**
 * Runs one training: reads and splits the data, fits, and saves to a folder. Called again, it continues where it
 * was stopped or killed, with the same split. Only one process at a time may use the folder. Its manifest
 * records the settings, the split and the contents of the data, which must be the same on every call.
 *
 * @throws DataError for data that cannot be read; ConfigError if the folder is in use or has another
 *   run. Nothing is written then.
 */
export async function trainRun(options: TrainRunOptions): Promise<TrainedRun> {
  const { model, config, out, source = PHANTOM } = options;
  expectTrainable(model, config);
  const { split: ownSplit } = options;
  rejectUnusedSettings([{ model, config, ...(ownSplit === undefined ? {} : { split: ownSplit }) }]);
  await expectNoOwner(out);
  const manifest = await readManifest(out);
  if (manifest !== null) expectSameSettings(out, manifest, { model, config });
  const dataset = options.dataset ?? (await loadLabelledData(source, config, options.readOptions));
  const split =
    ownSplit ??
    (manifest === null ? newSplit(dataset, config) : await savedSplit(out, dataset, config));
  checkSplit(split, dataset.cases);
  expectDistinctNames(source, dataset.classNames);
  expectLoss(config, dataset.classNames);
  expectForeground(source, dataset);
  if (manifest === null) {
    for (const note of missingClassNotes(dataset, [split])) console.warn(`${model}: ${note}`);
  }
  return withFolderLock(out, async () => {
    try {
      return await trainInFolder({ ...options, source, dataset, split });
    } catch (error) {
      if (manifest === null && error instanceof LayerbookError) await leaveFolder(out);
      throw error;
    }
  });
}

/**
 * Removes the manifest from a folder where a training failed before it had a result, so that it can be tried again
 * there with other settings.
 */
async function leaveFolder(out: string): Promise<void> {
  const names = await listFolder(out);
  const claims = [SPLIT_FILE, MANIFEST_FILE];
  // Without a manifest the folder is not a run's, and a split in it is the user's own.
  if (!names.includes(MANIFEST_FILE)) return;
  if (names.some((name) => ![...claims, LOCK_FILE].includes(name))) return;
  for (const name of claims) await rm(join(out, name), { force: true });
}

/** See {@link trainInFolder}. */
export type TrainInFolder = (
  options: TrainRunOptions &
    Required<Pick<TrainRunOptions, "source" | "dataset" | "split">> & {
      /** A network of the same architecture whose weights the training starts from. */
      readonly initialModel?: tf.LayersModel;
    },
) => Promise<TrainedRun>;

/**
 * As {@link trainRun}, for a caller that has locked the folder and has the data. Pre-training, teachers and
 * the members of an ensemble are runs in subfolders; if killed and called again, each continues where it
 * was.
 */
export const trainInFolder: TrainInFolder = async (options) => {
  const { config, out, source, dataset, split, unlabelled = [] } = options;
  checkUnlabelled(config, split, unlabelled, dataset);
  const testCases = selectById(dataset.cases, split.test);
  await claimFolder(out, options, { source, split, unlabelled, cases: caseHashes(dataset.cases) });
  const before = await readRunRecord(out);
  if (before !== null && before.result.ended !== "interrupted") {
    await removeUnfinished(out);
    return { ...(await loadRun(out)), testCases, split, wasFinished: true };
  }
  const members: tf.LayersModel[] = [];
  for (let member = 2; member <= config.inference.ensemble; member++) {
    const run = await trainInFolder({
      ...options,
      ...{ out: memberFolder(out, member), config: memberConfig(config, member) },
      callbacks: [],
    });
    if (run.record.result.ended === "interrupted") return { ...run, folder: out };
    members.push(run.model);
  }
  let { initialModel } = options;
  if (initialModel === undefined && config.pretraining.epochs > 0) {
    const run = await pretrain(trainInFolder, options);
    if (run.record.result.ended === "interrupted") {
      return { ...run, testCases, split, wasFinished: false, folder: out };
    }
    initialModel = run.model;
  }
  let teacher: TrainedRun | null = null;
  if (config.selfTraining.rounds > 0) {
    teacher = await trainTeacher(trainInFolder, {
      ...options,
      ...(initialModel === undefined ? {} : { initialModel }),
    });
    if (teacher.record.result.ended === "interrupted") return { ...teacher, folder: out };
  }
  const model = buildModel(options.model, config, dataset.classNames.length);
  if (initialModel !== undefined) transferWeights(initialModel, model);
  if (initialModel !== options.initialModel) initialModel?.dispose();
  const checkpoint = join(out, CHECKPOINT_FILE);
  const samples = prepareSamples(dataset, { size: config.size, ...prepareOptions(config) });
  const callbacks = [...(options.callbacks ?? []), ...(options.memberCallbacks ?? [])];
  const lessons = teacher === null ? null : labelUnlabelled(teacher, samples, options);
  const fitted = lessons ?? withLeak(samples, split, options);
  teacher?.model.dispose();
  const result = await fitSplit(model, fitted.samples, fitted.split, {
    ...{ ...options, ...fitted },
    ...{ callbacks, checkpoint },
  });
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
      ...(lessons === null ? {} : { pseudoLabelledCases: lessons.pseudoLabelledCases }),
      splitNote: splitNote(dataset),
    },
    result,
  });
  if (result.ended !== "interrupted") await removeUnfinished(out);
  const models = [model, ...members];
  return { folder: out, record, model, models, testCases, split, wasFinished: false };
};

/** The slices, split and settings of a training, including its leaks. */
function withLeak(
  samples: readonly Sample[],
  split: Split,
  { config, leak }: Pick<TrainRunOptions, "config" | "leak">,
): { samples: readonly Sample[]; split: Split; config: TrainingConfig } {
  if (leak === undefined) return { samples, split, config };
  // `fit` rejects groups on both sides, which are intended here.
  const ungrouped = (list: readonly Sample[]): Sample[] =>
    list.map((sample) => ({ ...sample, group: sample.id }));
  if (!leak.copiesBeforeSplit) return { samples: ungrouped(samples), split, config };
  const { copies, train } = leakCopies(samples, split, config.seed);
  return {
    samples: ungrouped([...samples, ...copies]),
    split: { ...split, train },
    config: { ...config, augmentation: "none" },
  };
}

/** Writes the folder's manifest and split, or checks that they are the same as before. */
async function claimFolder(
  folder: string,
  settings: WantedSettings,
  data: WantedData,
): Promise<void> {
  const manifest = await readManifest(folder);
  if (manifest === null) {
    if ((await readRunRecord(folder)) !== null) {
      throw new ConfigError({
        where: folder,
        expected: "an empty folder or a run of this version",
        got: "a run without a manifest",
        remedy: "Choose another folder, or remove this one.",
      });
    }
    // A run writes its manifest first; without one these files are the user's own.
    await expectNoStudy(folder);
    for (const name of [SPLIT_FILE, CHECKPOINT_FILE, WEIGHTS_FILE]) {
      if ((await pathKind(join(folder, name))) === "missing") continue;
      throw new ConfigError({
        where: join(folder, name),
        expected: "a folder without it, or a run with its manifest",
        got: "a file that no run wrote, which training would replace",
        remedy: "Choose another folder for the run, or move the file away",
      });
    }
    await writeManifest(folder, settings, data);
  } else {
    expectSameSettings(folder, manifest, settings);
    expectSameData(folder, manifest, data);
  }
  await writeSplits(join(folder, SPLIT_FILE), [data.split]);
}

/** Rejects the folder of a study, where a run would be mixed with the study's jobs. */
async function expectNoStudy(folder: string): Promise<void> {
  if ((await pathKind(join(folder, STUDY_FILE))) === "missing") return;
  throw new ConfigError({
    where: folder,
    expected: "a folder for a run",
    got: "the folder of a study",
    remedy: "Choose another folder for the run",
  });
}

/** The split of the folder's training; made again if the training was killed before it wrote one. */
async function savedSplit(
  folder: string,
  dataset: SliceDataset,
  config: TrainingConfig,
): Promise<Split> {
  const path = join(folder, SPLIT_FILE);
  if ((await pathKind(path)) !== "file") return newSplit(dataset, config);
  const [split] = await readSplits(path, dataset.cases);
  return split;
}

/** The split of a training that is given none. */
export function newSplit(
  { cases }: SliceDataset,
  { seed, validationFraction, testFraction }: TrainingConfig,
): Split {
  return splitByGroup(cases, { seed, validationFraction, testFraction });
}
