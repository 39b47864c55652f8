import type { EpochRecord } from "./checkpoint";
import type { FitResult } from "./fitOptions";

/** What is known about a training before its first step. */
export interface TrainingPlan {
  /** The model's name. */
  readonly model: string;
  readonly epochs: number;
  readonly stepsPerEpoch: number;
  readonly totalSteps: number;
  /** The step at which a checkpoint resumes it; 0 for a fresh training. */
  readonly resumedAtStep: number;
  /** The epochs before a resume, so that a curve can begin with them. */
  readonly records: readonly EpochRecord[];
  /** The options as plain values (loss, optimizer, batch size, seed, …), for a tracker's table. */
  readonly settings: Readonly<Record<string, string>>;
}

/**
 * The events of a training, in this order: `begin`, `compiling` and `compiled` (once for each new batch
 * shape; not if steps run op by op), `batch` after each step, `epoch` after each validation,
 * `checkpoint` after each write, and `end`, or `error` if the training threw.
 */
export type TrainingEvent =
  | { readonly type: "begin"; readonly plan: TrainingPlan }
  | { readonly type: "compiling" }
  | { readonly type: "compiled"; readonly seconds: number }
  | {
      readonly type: "batch";
      /** Counted from 1. */
      readonly epoch: number;
      /** Optimizer steps so far, including this one. */
      readonly step: number;
      /** The loss of this batch, before its update. */
      readonly loss: number;
      readonly learningRate: number;
    }
  | { readonly type: "epoch"; readonly record: EpochRecord }
  | { readonly type: "checkpoint"; readonly path: string; readonly step: number }
  | { readonly type: "end"; readonly result: FitResult }
  | { readonly type: "error"; readonly error: unknown };

/**
 * Called with every event of a training. A promise that it returns is awaited before training continues;
 * an error that it throws ends the training. To end a training normally, use `shouldStop`.
 *
 * ```ts
 * const log: TrainingCallback = (event) => {
 *   if (event.type === "epoch") console.log(event.record.epoch, event.record.loss);
 * };
 * await fit(model, { train }, { epochs: 10, callbacks: [log] });
 * ```
 */
export type TrainingCallback = (event: TrainingEvent) => void | Promise<void>;
