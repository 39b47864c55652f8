import { resolve } from "node:path";
import type { Summary } from "../../metrics";
import { decisiveSettings } from "../config/fingerprint";
import type { TrainingConfig } from "../config/trainingConfig";
import { expectMlflow, mlflowTracker } from "./mlflow";
import { tensorboardTracker } from "./tensorboard";
import type { TrackedRun, Tracker } from "./Tracker";

/** The tools to log a training to. */
export interface TrackingOptions {
  /** TensorBoard's `--logdir`. */
  readonly tensorboard?: string;
  /** Address of an MLflow tracking server. */
  readonly mlflow?: string;
}

/** Seconds that a job waits for a server. The study checked that it was there, so it may be restarting. */
const JOB_RETRY_SECONDS = 120;

/**
 * Checks that the tools of a study are available, before its first job.
 *
 * @throws SetupError for a tool that is not available
 */
export async function expectTracking({ mlflow }: TrackingOptions): Promise<void> {
  if (mlflow !== undefined) await expectMlflow(mlflow);
}

/** The trackers of one run. */
export function trackersOf(
  { tensorboard, mlflow }: TrackingOptions,
  run: TrackedRun,
  { isJob = false }: { readonly isJob?: boolean } = {},
): Tracker[] {
  const retrySeconds = isJob ? { begin: JOB_RETRY_SECONDS } : {};
  const place = { ...run, folder: resolve(run.folder) };
  return [
    ...(tensorboard === undefined ? [] : [tensorboardTracker(tensorboard, place)]),
    ...(mlflow === undefined ? [] : [mlflowTracker({ ...place, url: mlflow, retrySeconds })]),
  ];
}

/** A training's settings for a tracker's table; strings have no quotes. */
export function trackedSettings(
  config: TrainingConfig,
  more: Readonly<Record<string, string | number | boolean | null>> = {},
): Record<string, string> {
  const settings = [["preset", JSON.stringify(config.preset)], ...decisiveSettings(config)];
  return {
    ...Object.fromEntries(settings.map(([path, json]) => [path, json.replace(/^"(.*)"$/, "$1")])),
    ...Object.fromEntries(Object.entries(more).map(([name, value]) => [name, String(value)])),
  };
}

/** The scores of held-out cases to log: means, and the Dice of each class. */
export function summaryScores(summary: Summary): Record<string, number> {
  const { dice, accuracy, precision, perClass } = summary;
  const names = perClass
    .slice(1)
    .map(({ name }) => `dice_${name.replace(/[^\p{L}\p{N}]+/gu, "_")}`);
  const classes = perClass.slice(1).map(({ whereTruth }, index): [string, number] => {
    const isUnique = names.filter((name) => name === names[index]).length === 1;
    return [isUnique ? names[index] : `${names[index]}_${index + 1}`, whereTruth.dice.mean];
  });
  return { dice, accuracy, precision, ...Object.fromEntries(classes) };
}
