import { resolve } from "node:path";
import type { Summary } from "../../metrics";
import { decisiveSettings } from "../config/fingerprint";
import type { TrainingConfig } from "../config/trainingConfig";
import { expectMlflow, mlflowTracker } from "./mlflow";
import { tensorboardTracker } from "./tensorboard";
import type { TrackedRun, Tracker } from "./Tracker";

/** Which tools a training is sent to. */
export interface TrackingOptions {
  /** TensorBoard's `--logdir`. */
  readonly tensorboard?: string;
  /** Address of an MLflow tracking server. */
  readonly mlflow?: string;
}

/** A job's training waits this long for a server that is being restarted: the study saw that it was there. */
const JOB_RETRY_SECONDS = 120;

/**
 * Looks whether the tools of a study are there, before its first job.
 *
 * @throws SetupError for a tool that is not
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

/** A training's settings for a tracker's table: texts without the quotes of JSON. */
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

/** The scores of held-out cases that a tool is sent: means, and the Dice of each class. */
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
