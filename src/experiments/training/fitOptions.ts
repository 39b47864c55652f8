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

/** A loss on scores, by name, with the options that all named losses share. */
export interface LossConfig extends RegionLossOptions {
  readonly name: LossName;
}

/** Creates the progress bar of a training, like {@link createProgress}. */
export type ProgressFactory = (
  options: Pick<ProgressOptions, "label" | "total" | "initial">,
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
   * A label that is ignored, by named losses and by the validation's Dice. A loss that is a function
   * must ignore it itself.
   */
  readonly ignoreLabel?: number;
  /**
   * Default Adam at 0.001. With `useEma`, the averaged weights are validated and kept at the end;
   * training continues from the weights themselves.
   */
  readonly optimizer?: OptimizerConfig;
  /** Scales the optimizer's learning rate; default constant. */
  readonly schedule?: Schedule;
  /**
   * Augmentation of samples; default `"none"`. `"paper"` makes the five copies here, of training samples
   * only. Tensors and generators are not augmented.
   */
  readonly augmentation?: TrainingConfig["augmentation"];
  /** Strength of `"standard"`; default that of `augment`. */
  readonly augmentationStrength?: AugmentOptions;
  /**
   * Share of an epoch's samples that are drawn for a foreground class, each class equally often; default 0.
   * For samples only.
   */
  readonly oversampleForeground?: number;
  /**
   * Side of the square patches that the model is trained on, one random patch of each sample per epoch,
   * cut after augmentation; see `drawPatch`. The model takes patches, and validation predicts whole
   * samples by a sliding window. Default none: the model takes whole samples. For samples only.
   */
  readonly patchSize?: number;
  /** How validation combines its windows; see `slidingWindowInference`. Refused without `patchSize`. */
  readonly slidingWindow?: WindowJoin;
  /**
   * Trains the decoder's coarser levels on the labels too, through layers that exist only in training,
   * with half the weight per level; default false.
   */
  readonly deepSupervision?: boolean;
  /** Default `"keep"`. */
  readonly lastBatch?: TrainingConfig["lastBatch"];
  /** Epochs without a better `monitor` that end the training; default `null`: never. */
  readonly patience?: number | null;
  /** What is recorded for the validation examples after each epoch, besides loss and Dice. */
  readonly metrics?: Readonly<Record<string, FitMetric>>;
  /**
   * `"validationDice"`, `"validationLoss"` or the name of one of `metrics`: the weights of its best
   * epoch are restored at the end. Default the Dice, or the loss for classification.
   */
  readonly monitor?: string;
  /** Whether a higher `monitor` is better; default `"max"`, or `"min"` for the loss. */
  readonly monitorMode?: "max" | "min";
  /** Runs each step as one recorded graph; default if TensorFlow runs natively. */
  readonly compiled?: boolean;
  /** Precision of the compiled step; default `"float32"`. */
  readonly precision?: TrainingConfig["precision"];
  /** The file that a killed training resumes from; read first if it exists. */
  readonly checkpoint?: {
    readonly path: string;
    /** Steps between writes, within an epoch too; default 250. */
    readonly everySteps?: number;
  };
  /**
   * The progress bar's label, or `false` for none; default the model's name. A function creates the bar
   * itself, e.g. as part of one bar for several trainings.
   */
  readonly progress?: string | false | ProgressFactory;
  /** Asked between steps: `true` ends the training as the notebook's stop button does. */
  readonly shouldStop?: () => boolean;
  readonly onEpoch?: (record: EpochRecord) => void;
  /** Called with every event, in order: live curves, trackers. */
  readonly callbacks?: readonly TrainingCallback[];
}

/** The result of a training. The model holds the weights. */
export interface FitResult {
  readonly records: readonly EpochRecord[];
  /** `interrupted` keeps the current weights, the others those of the best epoch. */
  readonly ended: "completed" | "earlyStop" | "interrupted";
  /** The epoch whose weights were best by `monitor`, counted from 1; 0 without validation. */
  readonly bestEpoch: number;
  /** Optimizer steps, including those before a resume. */
  readonly steps: number;
  /** Seconds of training, including recording the step and the epochs before a resume. */
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

/** Settings that determine the weights; not how the training runs (compiled or not, precision). */
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

/** Settings that determine the weights of trainings on patches only; other checkpoints do not have them. */
const DECIDING_PATCHES = ["patchSize", "slidingWindow"] as const;

/**
 * What must be equal for a training to resume from a checkpoint with the same result.
 *
 * @param sources fingerprints of the data
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
