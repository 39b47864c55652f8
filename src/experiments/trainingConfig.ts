import { z } from "zod";
import { LOSS_NAMES } from "../losses";
import { scheduleSchema } from "./schedule";

const positive = z.int().positive();

/** Every choice of one training as plain data: what a run folder keeps and a preset fills in. */
export const trainingConfigSchema = z.strictObject({
  /** The preset that it started from; a label. */
  preset: z.string(),
  /** One seed for weights, data order, augmentation, splits and the phantom. */
  seed: z.int().min(0).max(0xffffffff),
  /** Side of the square that slices are resized to, in pixels. */
  size: z.int().min(16).max(2048),
  batchSize: positive,
  epochs: positive,
  /** A last batch that is not full: trained on, or left for the next epoch's order. */
  lastBatch: z.enum(["keep", "drop"]),
  model: z.strictObject({
    /** Channels at full resolution; they double a level. */
    filters: positive,
    /** Levels below full resolution. */
    depth: z.int().min(1).max(8),
    /** Levels of the decoder that attend, 0 = full resolution. `"all"` as the paper has it. */
    attentionLevels: z.union([z.literal("all"), z.array(z.int().min(0))]),
  }),
  loss: z.strictObject({
    name: z.enum(LOSS_NAMES),
    /** One weight a class; all 1 where absent. */
    classWeights: z.array(z.number().min(0)).optional(),
    /** Dice and its kin: one score a batch, not an image, so that a rare class is not pushed down. */
    isBatchwise: z.boolean().optional(),
  }),
  optimizer: z.strictObject({
    name: z.enum(["adam", "sgd"]),
    learningRate: z.number().positive(),
    /** Largest norm of all gradients together; absent for no clipping. */
    clipNorm: z.number().positive().optional(),
    /** Decoupled; absent for none. */
    weightDecay: z.number().min(0).lt(1).optional(),
    /** Of `sgd`; 0 where absent. */
    momentum: z.number().min(0).lt(1).optional(),
  }),
  schedule: scheduleSchema,
  /** `paper`: five copies a training slice. `standard`: a fresh random change every time. */
  augmentation: z.enum(["none", "paper", "standard"]),
  /** Epochs without a better `monitor` that end the training; `null` for never. */
  patience: positive.nullable(),
  monitor: z.enum(["validationDice", "validationLoss"]),
  /** Share of the training slices that early stopping watches. */
  validationFraction: z.number().min(0).lt(1),
  /** Share of all slices that `train` holds out and never sees. */
  testFraction: z.number().min(0).lt(1),
  /** Folds of `compare`. */
  folds: z.int().min(2),
  /** Number format of convolutions and matrix products; weights stay float32. */
  precision: z.enum(["float32", "bfloat16"]),
  /** One recorded graph a step; `false` runs op by op, for debugging. */
  compiled: z.boolean(),
  /** The data where none are named. */
  phantom: z.strictObject({ count: positive, size: z.int().min(32).max(1024) }),
});

export type TrainingConfig = z.infer<typeof trainingConfigSchema>;
