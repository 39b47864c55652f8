import { readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod";
import { LayerbookError } from "../../core/errors";
import { isDraft } from "../../files/drafts";
import { asDataError } from "../../files/systemErrors";
import { readManifest } from "./manifest";
import { decisiveSettings } from "../config/fingerprint";
import { LOCK_FILE, folderOwner } from "./folderLock";
import { epochRecordSchema } from "../training/checkpoint";
import { readRecord } from "./readRecord";
import { readRunRecord } from "./runs";
import {
  CHECKPOINT_FILE,
  JOB_RECORD_FILE,
  MANIFEST_FILE,
  RECORD_FILE,
  SPLIT_FILE,
  WEIGHTS_FILE,
} from "./fileNames";

/** Maximum depth of the search for runs. */
const MAX_DEPTH = 5;

/** Summary of one run's folder. */
export interface RunListing {
  readonly folder: string;
  readonly model: string;
  readonly preset: string;
  readonly source: string;
  /**
   * `stopped`: killed, or ended by an error; can be resumed. `dropped`: a study's job that `--prune`
   * skipped.
   */
  readonly state: "finished" | "running" | "interrupted" | "stopped" | "dropped";
  /** Completed epochs, as far as known; `null` before the first record. */
  readonly epochs: number | null;
  readonly wantedEpochs: number;
  /** The best value of all epochs; `null` without validation. */
  readonly validationDice: number | null;
  /** Duration of training; `null` before the first record. */
  readonly seconds: number | null;
  readonly bytes: number;
  /** Settings that affect the result, by path. */
  readonly settings: Readonly<Record<string, string>>;
}

/** A run that cannot be read. */
export interface BrokenRun {
  readonly folder: string;
  /** The problem and its remedy. */
  readonly problem: string;
}

/** The result of {@link listRuns}. */
export interface FoundRuns {
  readonly runs: readonly RunListing[];
  readonly broken: readonly BrokenRun[];
}

/**
 * Lists all runs and jobs of studies in a folder and its subfolders, by path.
 *
 * @throws DataError if there is no such folder
 */
export async function listRuns(folder: string): Promise<FoundRuns> {
  const runs: RunListing[] = [];
  const broken: BrokenRun[] = [];
  const isHidden = (place: string, cause: unknown): void => {
    const error = asDataError(place, "a folder with runs", cause);
    if (place === folder) throw error;
    broken.push({ folder: place, problem: error.message });
  };
  for (const place of await runFolders(folder, 0, isHidden)) {
    try {
      const run = await readRun(place);
      if (run !== null) runs.push(run);
    } catch (error) {
      if (!(error instanceof LayerbookError)) throw error;
      broken.push({ folder: place, problem: error.message });
    }
  }
  return { runs, broken };
}

async function readRun(place: string): Promise<RunListing | null> {
  const manifest = await readManifest(place);
  if (manifest === null) return null;
  const job = await readJobTraining(place);
  const record = (await readRunRecord(place))?.result ?? job?.training ?? null;
  const owner = await folderOwner(place);
  const dice = (record?.records ?? []).flatMap(({ validationDice }) =>
    validationDice === null ? [] : [validationDice],
  );
  const { model, config, source } = manifest;
  return {
    ...{ folder: place, model, preset: config.preset, source },
    state: stateOf({
      isOwned: owner !== null,
      ended: record?.ended ?? null,
      isDropped: job !== null && job.training === null,
    }),
    epochs: record?.records.length ?? null,
    wantedEpochs: config.epochs,
    validationDice: dice.length === 0 ? null : Math.max(...dice),
    seconds: record?.seconds ?? null,
    bytes: await folderBytes(place),
    settings: { ...Object.fromEntries(decisiveSettings(config)) },
  };
}

/** The fields read from the record of a study's job whose run was not saved. */
const jobTrainingSchema = z.looseObject({
  training: z
    .looseObject({
      ended: z.enum(["completed", "earlyStop"]),
      seconds: z.number(),
      records: z.array(epochRecordSchema),
    })
    .nullable(),
});

function readJobTraining(folder: string): Promise<z.infer<typeof jobTrainingSchema> | null> {
  return readRecord(join(folder, JOB_RECORD_FILE), jobTrainingSchema, {
    expected: "the record of a study's job",
    remedy: "Remove the file; the job then runs again.",
  });
}

function stateOf({
  isOwned,
  ended,
  isDropped,
}: {
  readonly isOwned: boolean;
  readonly ended: string | null;
  readonly isDropped: boolean;
}): RunListing["state"] {
  if (isOwned) return "running";
  if (isDropped) return "dropped";
  if (ended === null) return "stopped";
  return ended === "interrupted" ? "interrupted" : "finished";
}

/** Settings that differ between runs, each with its value in every run, in order. */
export function differingSettings(
  runs: readonly RunListing[],
): { readonly setting: string; readonly values: readonly string[] }[] {
  const [first] = runs;
  const rows = [
    { setting: "model", values: runs.map(({ model }) => model) },
    { setting: "source", values: runs.map(({ source }) => source) },
    ...Object.keys(first?.settings ?? {}).map((setting) => ({
      setting,
      values: runs.map(({ settings }) => settings[setting] ?? "unset"),
    })),
  ];
  return rows.filter(({ values }) => new Set(values).size > 1);
}

/** The contents of a stopped run: its files, their drafts, its stages and members. */
const RUN_ENTRIES = [
  ...[MANIFEST_FILE, LOCK_FILE, SPLIT_FILE, CHECKPOINT_FILE, WEIGHTS_FILE, RECORD_FILE],
  "report.html",
];
/** Files of a study in a job's folder, which are not removed. */
const JOB_ENTRIES = ["job.json", "progress.json", "log.txt", JOB_RECORD_FILE];
const RUN_FOLDERS = /^(stages|teacher|phantom|member\d+)$/;

/**
 * Removes runs that are neither finished nor running. Other files in their folders are kept, and so are
 * those folders.
 *
 * @returns the paths of files that were kept because runs do not write them
 */
export async function pruneRuns(runs: readonly RunListing[]): Promise<string[]> {
  const left: string[] = [];
  for (const { folder, state } of runs) {
    if (state !== "interrupted" && state !== "stopped") continue;
    // It may have been resumed since it was listed.
    if ((await folderOwner(folder)) !== null) continue;
    left.push(...(await removeRun(folder)).sort());
  }
  return left;
}

/**
 * Removes a run's files, its stages and its members, which are runs too.
 *
 * @returns the paths that runs do not write; they are kept, and so are their folders
 */
async function removeRun(folder: string): Promise<string[]> {
  const foreign: string[] = [];
  let isJob = false;
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const { name } = entry;
    const path = join(folder, name);
    if (JOB_ENTRIES.includes(name)) isJob = true;
    else if (isDraft(name) || (!entry.isDirectory() && RUN_ENTRIES.includes(name))) {
      await rm(path, { recursive: true, force: true });
    } else if (entry.isDirectory() && RUN_FOLDERS.test(name)) {
      foreign.push(...(await removeRun(path)));
    } else foreign.push(path);
  }
  if (foreign.length === 0 && !isJob) await rm(folder, { recursive: true, force: true });
  return foreign;
}

/** @param isHidden called for each folder that cannot be read */
async function runFolders(
  folder: string,
  depth: number,
  isHidden: (place: string, cause: unknown) => void,
): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((cause: unknown) => {
    isHidden(folder, cause);
    return [];
  });
  if (entries.some((entry) => entry.isFile() && entry.name === MANIFEST_FILE)) return [folder];
  if (depth === MAX_DEPTH) return [];
  const folders = entries
    .filter((entry) => entry.isDirectory() && !/^(\.|node_modules$)/.test(entry.name))
    .map(({ name }) => join(folder, name))
    .sort();
  return (await Promise.all(folders.map((inner) => runFolders(inner, depth + 1, isHidden)))).flat();
}

async function folderBytes(folder: string): Promise<number> {
  const names = await readdir(folder);
  const sizes = await Promise.all(
    names.map((name) =>
      stat(join(folder, name)).then(
        ({ size }) => size,
        () => 0,
      ),
    ),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}
