import { resolve } from "node:path";
import type { Summary } from "../../metrics";
import { mlflowTracker } from "./mlflow";
import { tensorboardTracker } from "./tensorboard";
import type { TrackedRun, Tracker } from "./Tracker";

/** Which tools a training is sent to. */
export interface TrackingOptions {
  /** TensorBoard's `--logdir`. */
  readonly tensorboard?: string;
  /** Address of an MLflow tracking server. */
  readonly mlflow?: string;
}

/** The trackers of one run. */
export function trackersOf({ tensorboard, mlflow }: TrackingOptions, run: TrackedRun): Tracker[] {
  const place = { ...run, folder: resolve(run.folder) };
  return [
    ...(tensorboard === undefined ? [] : [tensorboardTracker(tensorboard, place)]),
    ...(mlflow === undefined ? [] : [mlflowTracker({ ...place, url: mlflow })]),
  ];
}

/** The scores of held-out cases that a tool is sent: means, and the Dice of each class. */
export function summaryScores(summary: Summary): Record<string, number> {
  const { dice, accuracy, precision, perClass } = summary;
  const classes = perClass
    .slice(1)
    .map(({ name, whereTruth }): [string, number] => [
      `dice_${name.replace(/[^a-zA-Z0-9]+/g, "_")}`,
      whereTruth.dice.mean,
    ]);
  return { dice, accuracy, precision, ...Object.fromEntries(classes) };
}
