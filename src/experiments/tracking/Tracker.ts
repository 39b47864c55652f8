import type { EpochRecord } from "../training/checkpoint";
import type { TrainingCallback } from "../training/events";

/** Sends a training's course to a tool that draws and compares it. */
export interface Tracker {
  /** For `fit`: hears of every event. */
  readonly callback: TrainingCallback;
  /** Scores on held-out cases, after the training. */
  readonly scores: (values: Readonly<Record<string, number>>) => Promise<void>;
}

/** What a training is called in the tool. */
export interface TrackedRun {
  /** `unet-none-fold1`, or the name of the run's folder. */
  readonly name: string;
  /** The run's folder: the same folder continues the same run. */
  readonly folder: string;
  /** What distinguishes it from others, by name, for a tool's table; default the options of `fit`. */
  readonly settings?: Readonly<Record<string, string>>;
}

/** An epoch's numbers by name; what is undefined is left out. */
export function epochValues(record: EpochRecord): Record<string, number> {
  const { loss, validationLoss, validationDice, learningRate, seconds, metrics = {} } = record;
  const values = { loss, validationLoss, validationDice, learningRate, seconds, ...metrics };
  return Object.fromEntries(
    Object.entries(values).filter(
      (entry): entry is [string, number] => entry[1] !== null && Number.isFinite(entry[1]),
    ),
  );
}
