import { createHash } from "node:crypto";
import { ConfigError } from "../../core/errors";
import type { OptimizerConfig } from "../../core/optimizers";
import type { Sample } from "../../data/types";
import type { AugmentOptions } from "../../data/augment/augment";
import type { LossName, RegionLossOptions, SegmentationLoss } from "../../losses";
import type { EpochRecord } from "./checkpoint";
import type { TrainingCallback } from "./events";
import type { Schedule } from "./schedule";
import type { TrainingConfig } from "../config/trainingConfig";

/** What a model learns from. */
export interface FitData {
  readonly train: readonly Sample[];
  /** Watched after each epoch; empty for none. Shares no group with `train`. */
  readonly validation?: readonly Sample[];
}

/** A loss on logits by its name. */
export interface LossConfig extends Pick<
  RegionLossOptions,
  "classWeights" | "isBatchwise" | "includeBackground"
> {
  readonly name: LossName;
}

/** How `fit` trains. */
export interface FitOptions {
  readonly epochs: number;
  /** Default 4. */
  readonly batchSize?: number;
  /** Weights come from the model's own seed; this one orders and augments. Default 1. */
  readonly seed?: number;
  /** A loss on logits, or its name with class weights; default `{ name: "crossEntropy" }`. */
  readonly loss?: SegmentationLoss | LossConfig;
  /** Default Adam at 0.001. */
  readonly optimizer?: OptimizerConfig;
  /** Scales the optimizer's learning rate; default constant. */
  readonly schedule?: Schedule;
  /** Default `"none"`. `"paper"` makes the five copies here, of the training samples alone. */
  readonly augmentation?: TrainingConfig["augmentation"];
  /** How strong `"standard"` is; default that of `augment`. */
  readonly augmentationStrength?: AugmentOptions;
  /** Default `"keep"`. */
  readonly lastBatch?: TrainingConfig["lastBatch"];
  /** Epochs without a better `monitor` that end the training; default `null`: never. */
  readonly patience?: number | null;
  /** Default `"validationDice"`. The weights of its best epoch are restored at the end. */
  readonly monitor?: TrainingConfig["monitor"];
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
  /** What the progress bar is called, or `false` for none; default the model's name. */
  readonly progress?: string | false;
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
export type ResolvedFitOptions = Required<Omit<FitOptions, "checkpoint" | "loss">> &
  Pick<FitOptions, "checkpoint"> & { readonly loss: SegmentationLoss };

/**
 * What must be the same for a training to go on from a checkpoint to the same end. How it runs
 * (compiled or not, in what number format) is not part of it.
 */
export function fitFingerprint(
  data: FitData,
  options: FitOptions,
  resolved: ResolvedFitOptions,
): Record<string, string> {
  const { loss } = options;
  const ids = (samples: readonly Sample[]): string =>
    createHash("sha256")
      .update(samples.map(({ id, image }) => `${id} ${image.height}x${image.width}`).join("\n"))
      .digest("hex");
  return {
    trainingSamples: ids(data.train),
    validationSamples: ids(data.validation ?? []),
    loss: typeof loss === "object" ? JSON.stringify(loss) : resolved.loss.lossName,
    ...Object.fromEntries(
      (
        [
          "epochs",
          "batchSize",
          "seed",
          "optimizer",
          "schedule",
          "augmentation",
          "augmentationStrength",
          "lastBatch",
          "patience",
          "monitor",
        ] as const
      ).map((key) => [key, JSON.stringify(resolved[key])]),
    ),
  };
}

/** @throws ConfigError that names the first setting in which a checkpoint differs */
export function expectSameFingerprint(
  path: string,
  saved: Readonly<Record<string, string>>,
  wanted: Readonly<Record<string, string>>,
): void {
  const differing = Object.keys(wanted).find((key) => saved[key] !== wanted[key]);
  if (differing === undefined) return;
  throw new ConfigError({
    where: path,
    expected: `a checkpoint with ${differing} ${wanted[differing]}`,
    got: `one with ${saved[differing] ?? "none"}`,
    remedy: "Train with the settings it began with, or into another folder.",
  });
}
