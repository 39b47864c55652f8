import * as z from "zod";
import { LOSS_NAMES } from "../../losses";
import { scheduleSchema } from "../training/schedule";
import type { Schedule } from "../training/schedule";

/** Every choice of one training as plain data: what a run folder keeps and a preset fills in. */
export interface TrainingConfig {
  /** The preset that it started from; a label. */
  preset: string;
  /** One seed for weights, data order, augmentation, splits and the phantom. */
  seed: number;
  /** Side of the square that slices are resized to, in pixels. */
  size: number;
  batchSize: number;
  epochs: number;
  /** A last batch that is not full: trained on, or left for the next epoch's order. */
  lastBatch: "keep" | "drop";
  model: {
    /** Channels at full resolution; they double a level. */
    filters: number;
    /** Levels below full resolution. */
    depth: number;
    /** Levels of the decoder that attend, 0 = full resolution. `"all"` as the paper has it. */
    attentionLevels: "all" | number[];
  };
  loss: {
    name: (typeof LOSS_NAMES)[number];
    /** One weight a class; all 1 where absent. */
    classWeights?: number[] | undefined;
    /** Dice and its kin: one score a batch, not an image, so that a rare class is not pushed down. */
    isBatchwise?: boolean | undefined;
  };
  optimizer: {
    name: "adam" | "sgd";
    learningRate: number;
    /** Largest norm of all gradients together; absent for no clipping. */
    clipNorm?: number | undefined;
    /** Decoupled; absent for none. */
    weightDecay?: number | undefined;
    /** Of `sgd`; 0 where absent. */
    momentum?: number | undefined;
  };
  schedule: Schedule;
  /** `paper`: five copies a training slice. `standard`: a fresh random change every time. */
  augmentation: "none" | "paper" | "standard";
  /** Epochs without a better `monitor` that end the training; `null` for never. */
  patience: number | null;
  monitor: "validationDice" | "validationLoss";
  /** Share of the training slices that early stopping watches. */
  validationFraction: number;
  /** Share of all slices that `train` holds out and never sees. */
  testFraction: number;
  /** Folds of `compare`. */
  folds: number;
  /** Number format of convolutions and matrix products; weights stay float32. */
  precision: "float32" | "bfloat16";
  /** One recorded graph a step; `false` runs op by op, for debugging. */
  compiled: boolean;
  /** The data where none are named. */
  phantom: { count: number; size: number };
}

const positive = z.int().positive();

/** What a {@link TrainingConfig} must satisfy. */
export const trainingConfigSchema = z.strictObject({
  preset: z.string(),
  seed: z.int().min(0).max(0xffffffff),
  size: z.int().min(16).max(2048),
  batchSize: positive,
  epochs: positive,
  lastBatch: z.enum(["keep", "drop"]),
  model: z.strictObject({
    filters: positive,
    depth: z.int().min(1).max(8),
    attentionLevels: z.union([z.literal("all"), z.array(z.int().min(0))]),
  }),
  loss: z.strictObject({
    name: z.enum(LOSS_NAMES),
    classWeights: z.array(z.number().min(0)).optional(),
    isBatchwise: z.boolean().optional(),
  }),
  optimizer: z.strictObject({
    name: z.enum(["adam", "sgd"]),
    learningRate: z.number().positive(),
    clipNorm: z.number().positive().optional(),
    weightDecay: z.number().min(0).lt(1).optional(),
    momentum: z.number().min(0).lt(1).optional(),
  }),
  schedule: scheduleSchema,
  augmentation: z.enum(["none", "paper", "standard"]),
  patience: positive.nullable(),
  monitor: z.enum(["validationDice", "validationLoss"]),
  validationFraction: z.number().min(0).lt(1),
  testFraction: z.number().min(0).lt(1),
  folds: z.int().min(2),
  precision: z.enum(["float32", "bfloat16"]),
  compiled: z.boolean(),
  phantom: z.strictObject({ count: positive, size: z.int().min(32).max(1024) }),
}) satisfies z.ZodType<TrainingConfig>;
