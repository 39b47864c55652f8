import type { EpochRecord } from "../training/checkpoint";
import type { TrainingCallback } from "../training/events";

/** Logs a training to a tool that displays and compares trainings. */
export interface Tracker {
  /** A callback for `fit`. */
  readonly callback: TrainingCallback;
  /** Logs scores on held-out cases, after the training. */
  readonly scores: (values: Readonly<Record<string, number>>) => Promise<void>;
}

/** How a training is identified in the tool. */
export interface TrackedRun {
  /** The name, such as `unet-none-fold1` or the name of the run's folder. */
  readonly name: string;
  /** The run's folder; trainings in the same folder continue the same run. */
  readonly folder: string;
  /** Settings by name, for a tool's table; default the options of `fit`. */
  readonly settings?: Readonly<Record<string, string>>;
}

/** An epoch's numbers by name, without undefined ones. */
export function epochValues(record: EpochRecord): Record<string, number> {
  const { loss, validationLoss, validationDice, learningRate, seconds, metrics = {} } = record;
  const values = { loss, validationLoss, validationDice, learningRate, seconds, ...metrics };
  return Object.fromEntries(
    Object.entries(values).filter(
      (entry): entry is [string, number] => entry[1] !== null && Number.isFinite(entry[1]),
    ),
  );
}
