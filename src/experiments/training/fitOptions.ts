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

/** A loss on scores by its name, with the options that every loss by name has. */
export interface LossConfig extends RegionLossOptions {
  readonly name: LossName;
}

/** Makes the bar of one training, as {@link createProgress} does. */
export type ProgressFactory = (
  options: Pick<ProgressOptions, "label" | "total" | "initial">,
) => Progress;

/** How `fit` trains. */
export interface FitOptions {
  readonly epochs: number;
  /** Default 4. */
  readonly batchSize?: number;
  /** Weights come from the model's own seed; this one orders and augments. Default 1. */
  readonly seed?: number;
  /** A loss on scores, or its name with options; default `{ name: "crossEntropy" }`. */
  readonly loss?: SegmentationLoss | LossConfig;
  /**
   * A label that does not count: not in a loss that is given by name, nor in the validation's Dice. A
   * loss that is a function must leave it out itself.
   */
  readonly ignoreLabel?: number;
  /**
   * Default Adam at 0.001. With `useEma`, the averages of the weights are validated and kept at the
   * end; training goes on from the weights themselves.
   */
  readonly optimizer?: OptimizerConfig;
  /** Scales the optimizer's learning rate; default constant. */
  readonly schedule?: Schedule;
  /**
   * Of samples; default `"none"`. `"paper"` makes the five copies here, of the training samples alone.
   * Tensors and generators bring their own.
   */
  readonly augmentation?: TrainingConfig["augmentation"];
  /** How strong `"standard"` is; default that of `augment`. */
  readonly augmentationStrength?: AugmentOptions;
  /**
   * Share of an epoch's samples that are drawn for a foreground class, each class as often; default 0.
   * Tensors and generators bring their own choice.
   */
  readonly oversampleForeground?: number;
  /**
   * Side of the square patches that the model is trained on, one random patch of each sample per epoch,
   * cut after the augmentation; see `drawPatch`. The model takes patches, and validation goes over whole
   * samples by a sliding window. Default none: the model takes whole samples. Tensors and generators bring
   * their own patches.
   */
  readonly patchSize?: number;
  /** How validation joins its windows; see `slidingWindowInference`. Refused without `patchSize`. */
  readonly slidingWindow?: WindowJoin;
  /**
   * Holds the coarser levels of a decoder to the labels too, by layers that only training has, at half
   * the weight from level to level; default false.
   */
  readonly deepSupervision?: boolean;
  /** Default `"keep"`. */
  readonly lastBatch?: TrainingConfig["lastBatch"];
  /** Epochs without a better `monitor` that end the training; default `null`: never. */
  readonly patience?: number | null;
  /** What is recorded of the validation examples after each epoch, beside loss and Dice. */
  readonly metrics?: Readonly<Record<string, FitMetric>>;
  /**
   * `"validationDice"`, `"validationLoss"` or the name of one of `metrics`: the weights of its best
   * epoch are restored at the end. Default the Dice; for classification the loss.
   */
  readonly monitor?: string;
  /** Whether more of `monitor` is better; default `"max"`, but `"min"` for the loss. */
  readonly monitorMode?: "max" | "min";
  /** One recorded graph a step; default where TensorFlow runs natively. */
  readonly compiled?: boolean;
  /** Of the compiled step; default `"float32"`. */
  readonly precision?: TrainingConfig["precision"];
  /** Where to keep what a killed training needs to go on; read first where it exists. */
  readonly checkpoint?: {
    readonly path: string;
    /** Also inside an epoch; default 250. */
    readonly everySteps?: number;
  };
  /**
   * What the progress bar is called, or `false` for none; default the model's name. A function makes
   * the bar itself, e.g. as a part of one over several trainings.
   */
  readonly progress?: string | false | ProgressFactory;
  /** Asked between steps: `true` ends the training as the notebook's stop button does. */
  readonly shouldStop?: () => boolean;
  readonly onEpoch?: (record: EpochRecord) => void;
  /** Each hears of every event, in turn: live curves, trackers. */
  readonly callbacks?: readonly TrainingCallback[];
}

/** How a training went. The model holds the weights. */
export interface FitResult {
  readonly records: readonly EpochRecord[];
  /** `interrupted` keeps the weights as they stood, the others those of the best epoch. */
  readonly ended: "completed" | "earlyStop" | "interrupted";
  /** The epoch whose weights were best by `monitor`, counted from 1; 0 without validation. */
  readonly bestEpoch: number;
  /** Optimizer steps, those before a resume too. */
  readonly steps: number;
  /** Of training, with recording the step and with the epochs before a resume. */
  readonly seconds: number;
  /** The step that a checkpoint let it start at; 0 for a fresh training. */
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

/** Settings that decide the weights; how it runs (compiled or not, in what precision) is none. */
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

/** Settings that decide the weights of trainings on patches alone; other checkpoints do not have them. */
const DECIDING_PATCHES = ["patchSize", "slidingWindow"] as const;

/**
 * What must be the same for a training to go on from a checkpoint to the same end.
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
