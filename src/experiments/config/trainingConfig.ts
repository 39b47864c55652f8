import * as z from "zod";
import { scheduleSchema } from "../training/schedule";
import { AUGMENTATIONS, augmentationStrengthSettings } from "./groups/augmentation";
import { dataSettings, phantomSettings } from "./groups/data";
import { inferenceSettings } from "./groups/inference";
import { lossSettings } from "./groups/loss";
import { modelSettings } from "./groups/model";
import { chance, count } from "./groups/numbers";
import { optimizerSettings } from "./groups/optimizer";
import { group, setting } from "./setting";

/**
 * Every setting of a training. The TypeScript types, the command line's flags, the defaults, the printed
 * configuration and the fingerprint are derived from this schema. A new setting is one entry; its default
 * must reproduce the earlier behaviour, so that saved configurations stay valid.
 *
 * The defaults are those of preset `quick`, except for its Dice per image: Adam with a short warm-up and a
 * cosine, gradients clipped, and Dice + cross-entropy.
 */
export const trainingConfigSchema = z.strictObject({
  /** The preset that the configuration started from; a label. */
  preset: setting(z.string(), "quick", "the preset it started from; a label", {
    isCosmetic: true,
  }),
  /** One seed for weights, data order, augmentation, splits and the phantom. */
  seed: setting(
    z.int().min(0).max(0xffffffff),
    1,
    "fixes weights, order, augmentation, splits and the phantom",
  ),
  /** Side of the square that slices are resized to, in pixels. */
  size: setting(z.int().min(16).max(2048), 128, "side that slices are resized to, in pixels"),
  /**
   * The values of black and white in the scan's unit, e.g. [-1250, 250] Hounsfield units; `null` chooses
   * by the unit.
   */
  window: setting(
    z
      .tuple([z.number(), z.number()])
      .refine(([low, high]) => low < high, "[low, high] with low < high")
      .nullable(),
    null,
    "values of black and white, e.g. [-1250,250]; null to choose by unit",
  ),
  /** Slices per optimizer step. */
  batchSize: setting(count.max(4096), 4, "slices per step"),
  /** Passes over the training slices. */
  epochs: setting(count, 40, "passes over the training slices"),
  /** Whether the last, incomplete batch is trained on or dropped; dropped slices may be used in the next epoch. */
  lastBatch: setting(z.enum(["keep", "drop"]), "drop", "what to do with an incomplete last batch"),
  /** The network's architecture. A change that none of the models in a training or study would use is an error. */
  model: modelSettings,
  /** What is minimised. */
  loss: lossSettings,
  /** The optimizer. */
  optimizer: optimizerSettings,
  /** Scales the learning rate over the steps; see `learningRateAt`. */
  schedule: setting(
    scheduleSchema,
    { name: "cosine", warmup: 0.05, floor: 0.01 },
    'the learning-rate schedule, e.g. {"name":"constant"}',
  ),
  /** Which slices a training uses, and how often. */
  sampling: group({
    /**
     * Fraction of an epoch's slices that are drawn for a foreground class, each class equally often; the
     * others come in random order. 0 uses each slice once per epoch.
     */
    oversampleForeground: setting(
      chance,
      0,
      "fraction of an epoch's slices drawn for a foreground class, each class equally often",
    ),
    /**
     * Trains on random square patches of this side: one per slice and epoch, cut from the slice of side
     * `size` after augmentation. Prediction uses a sliding window. From a slice that was drawn for a
     * foreground class, the patch is cut around a random pixel of that class, as in nnU-Net. `null`: whole slices.
     */
    patchSize: setting(
      z.int().min(16).max(2048).nullable(),
      null,
      "side of random patches that the network is trained on; null for whole slices",
      { flag: "patch-size" },
    ),
  }),
  /** `paper`: five copies of each training slice. `standard`: a new random change each time. */
  augmentation: setting(z.enum(AUGMENTATIONS), "standard", "augmentation of the training slices"),
  /** Strength of augmentation `standard`; see `augment`. */
  augmentationStrength: augmentationStrengthSettings,
  /** Number of epochs without a better `monitor` that ends the training; `null` for never. */
  patience: setting(
    count.nullable(),
    null,
    "number of epochs without improvement of the monitor that ends the training; null for never",
  ),
  /** The value that decides which epoch's weights are kept. */
  monitor: setting(
    z.enum(["validationDice", "validationLoss"]),
    "validationDice",
    "the value that decides which epoch's weights are kept",
  ),
  /** Fraction of the training slices used for early stopping. */
  validationFraction: setting(
    z.number().min(0).lt(1),
    0.15,
    "fraction of the training slices used for early stopping",
  ),
  /** Fraction of all slices that `train` holds out; 0 trains on all. */
  testFraction: setting(
    z.number().min(0).lt(1),
    0.2,
    "fraction of all slices held out by train; 0 for none",
  ),
  /** Folds of cross-validation; `"all"` holds out each patient once. */
  folds: setting(
    z.union([z.int().min(2), z.literal("all")]),
    3,
    "folds of cross-validation, or all to hold out each patient once",
  ),
  /** Pre-training: the data set (`phantom`) and the number of epochs. */
  pretraining: group({
    /** 0 starts from random weights. */
    epochs: setting(z.int().min(0), 0, "epochs on the phantom before the training; 0 for none"),
  }),
  /** Self-training on unlabelled slices, which only a k-shot study has; an error elsewhere. */
  selfTraining: group({
    /** Number of students, each taught by the previous network; 0 for none. */
    rounds: setting(z.int().min(0), 0, "students, each taught by the previous network; 0 for none"),
    /** Pixels whose most likely class has a lower probability are ignored. */
    minConfidence: setting(chance, 0.9, "minimum probability of a class that a student learns"),
  }),
  /** How slices are predicted after training; validation during training uses only the sliding window. */
  inference: inferenceSettings,
  /** Number format of convolutions and matrix products; weights stay float32. */
  precision: setting(
    z.enum(["float32", "bfloat16"]),
    "float32",
    "number format of the compiled step",
  ),
  /** One recorded graph per step; `false` runs op by op, for debugging. */
  compiled: setting(z.boolean(), true, "one recorded graph per step; false for debugging", {
    isCosmetic: true,
  }),
  /** How the data are read; unused for the phantom. */
  data: dataSettings,
  /** The data used if no source is named. */
  phantom: phantomSettings,
});

/** Every setting of one training as plain data: stored in a run folder, and filled in by a preset. */
export type TrainingConfig = z.output<typeof trainingConfigSchema>;

/** Some of the settings; a preset fills in the others. */
export type TrainingOverrides = z.input<typeof trainingConfigSchema>;
