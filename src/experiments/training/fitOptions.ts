import { ConfigError } from "../../core/errors";
import type { OptimizerConfig } from "../../core/optimizers";
import type { AugmentOptions } from "../../data/augment/augment";
import type { Progress, ProgressOptions } from "../../display";
import type { LossName, RegionLossOptions, SegmentationLoss } from "../../losses";
import type { WindowJoin } from "../evaluation/sliceWindows";
import type { EpochRecord } from "./checkpoint";
import type { TrainingCallback } from "./events";
import type { FitMetric } from "./sampleMetrics";
import type { ResolvedSchedule, Schedule } from "./schedule";
import type { TrainingConfig } from "../config/trainingConfig";

/** A loss on scores by name, with the options that all named losses share. */
export interface LossConfig extends RegionLossOptions {
  readonly name: LossName;
}

/** Creates the progress bar of a training, like {@link createProgress}. */
export type ProgressFactory = (
  options: Pick<ProgressOptions, "label" | "total" | "initial" | "unit">,
) => Progress;

/** Options of `fit`. */
export interface FitOptions {
  readonly epochs: number;
  /** Default 4. */
  readonly batchSize?: number;
  /** Determines order and augmentation; weights come from the model's own seed. Default 1. */
  readonly seed?: number;
  /** A loss on scores, or its name with options; default `{ name: "crossEntropy" }`. */
  readonly loss?: SegmentationLoss | LossConfig;
  /**
   * A label that named losses and the validation Dice ignore. A loss that is a function must ignore it
   * itself.
   */
  readonly ignoreLabel?: number;
  /**
   * Default Adam with learning rate 0.001. With `useEma`, the averaged weights are validated and kept at
   * the end; training continues with the original weights.
   */
  readonly optimizer?: OptimizerConfig;
  /** Scales the optimizer's learning rate; default constant. */
  readonly schedule?: Schedule;
  /**
   * Augmentation of samples; default `"none"`. `"paper"` adds the paper's five copies of each training sample.
   * Tensors and generators are not augmented.
   */
  readonly augmentation?: TrainingConfig["augmentation"];
  /** Strength of `"standard"`; default that of `augment`. */
  readonly augmentationStrength?: AugmentOptions;
  /**
   * Fraction of an epoch's samples that are drawn for a foreground class, each class equally often; default 0.
   * For samples only.
   */
  readonly oversampleForeground?: number;
  /**
   * Side of the square patches to train on: one random patch per sample and epoch, cut after augmentation;
   * see `drawPatch`. Validation predicts whole samples with a sliding window. By default the model takes
   * whole samples. For samples only.
   */
  readonly patchSize?: number;
  /** How validation combines its windows; see `slidingWindowInference`. Requires `patchSize`. */
  readonly slidingWindow?: WindowJoin;
  /**
   * Whether to train the coarser levels of the decoder on the labels too, through layers that exist only in
   * training. The weight halves from level to level. Default false.
   */
  readonly deepSupervision?: boolean;
  /** Default `"keep"`. */
  readonly lastBatch?: TrainingConfig["lastBatch"];
  /** Number of epochs without a better `monitor` that ends the training; default `null`, which never does. */
  readonly patience?: number | null;
  /** Metrics to record for the validation examples after each epoch, besides loss and Dice. */
  readonly metrics?: Readonly<Record<string, FitMetric>>;
  /**
   * The value that decides which epoch's weights are restored at the end: `"validationDice"`,
   * `"validationLoss"` or the name of one of `metrics`. Default the Dice, or the loss for classification.
   */
  readonly monitor?: string;
  /** Whether a higher `monitor` is better; default `"max"`, or `"min"` for the loss. */
  readonly monitorMode?: "max" | "min";
  /** Whether to run each step as one recorded graph; default true if TensorFlow runs natively. */
  readonly compiled?: boolean;
  /** Precision of the compiled step; default `"float32"`. */
  readonly precision?: TrainingConfig["precision"];
  /** The file to write checkpoints to; if it exists, training resumes from it. */
  readonly checkpoint?: {
    readonly path: string;
    /** Steps between writes, within an epoch too; default 250. */
    readonly everySteps?: number;
  };
  /**
   * The progress bar's label, or `false` for no bar; default the model's name. A function creates the bar
   * itself, e.g. as part of one bar for several trainings.
   */
  readonly progress?: string | false | ProgressFactory;
  /** Called between steps; `true` ends the training, as the notebook's stop button does. */
  readonly shouldStop?: () => boolean;
  readonly onEpoch?: (record: EpochRecord) => void;
  /** Called with every event, in order; for live curves and trackers. */
  readonly callbacks?: readonly TrainingCallback[];
}

/** The result of a training. The weights are in the model. */
export interface FitResult {
  readonly records: readonly EpochRecord[];
  /** How training ended. `interrupted` keeps the current weights; otherwise those of the best epoch are kept. */
  readonly ended: "completed" | "earlyStop" | "interrupted";
  /** The epoch whose weights were best by `monitor`, counted from 1; 0 without validation. */
  readonly bestEpoch: number;
  /** Optimizer steps, including those before a resume. */
  readonly steps: number;
  /** Seconds of training, including the recording of steps and the epochs before a resume. */
  readonly seconds: number;
  /** The step at which a checkpoint resumed it; 0 for a fresh training. */
  readonly resumedAtStep: number;
}

/** {@link FitOptions} with every default filled in. */
export type ResolvedFitOptions = Required<
  Omit<FitOptions, "checkpoint" | "loss" | "ignoreLabel" | "patchSize" | "schedule">
> &
  Pick<FitOptions, "checkpoint"> & {
    readonly schedule: ResolvedSchedule;
    readonly patchSize: number | null;
    readonly loss: SegmentationLoss;
    readonly ignoreLabel: number | undefined;
  };

/** Settings that determine the weights, as opposed to how training runs (compiled or not, precision). */
const DECIDING = [
  ...["epochs", "batchSize", "seed", "optimizer", "schedule", "ignoreLabel"],
  ...[
    "augmentation",
    "augmentationStrength",
    "oversampleForeground",
    "deepSupervision",
    "lastBatch",
    "patience",
    "monitor",
    "monitorMode",
  ],
] as const;

/** Settings that determine the weights only when training on patches; other checkpoints do not have them. */
const DECIDING_PATCHES = ["patchSize", "slidingWindow"] as const;

/**
 * What must be equal for a training to resume from a checkpoint with the same result.
 *
 * @param sources the fingerprints of the data
 */
export function fitFingerprint(
  sources: { readonly train: string; readonly validation: string },
  { loss }: FitOptions,
  resolved: ResolvedFitOptions,
): Record<string, string> {
  const settings = resolved as unknown as Readonly<Record<string, unknown>>;
  return {
    trainingExamples: sources.train,
    validationExamples: sources.validation,
    loss: typeof loss === "object" ? JSON.stringify(loss) : resolved.loss.lossName,
    ...Object.fromEntries(
      [...DECIDING, ...(resolved.patchSize === null ? [] : DECIDING_PATCHES)].map((key) => [
        key,
        JSON.stringify(settings[key]) ?? "none",
      ]),
    ),
  };
}

/** @throws ConfigError that names the first setting in which a checkpoint differs */
export function expectSameFingerprint(
  path: string,
  saved: Readonly<Record<string, string>>,
  wanted: Readonly<Record<string, string>>,
): void {
  const keys = Object.keys({ ...wanted, ...saved });
  const differing = keys.find((key) => saved[key] !== wanted[key]);
  if (differing === undefined) return;
  throw new ConfigError({
    where: path,
    expected: `a checkpoint with ${differing} ${wanted[differing] ?? "none"}`,
    got: `one with ${saved[differing] ?? "none"}`,
    remedy: "Train with the settings it began with, or into another folder.",
  });
}
