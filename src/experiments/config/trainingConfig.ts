import * as z from "zod";
import { OPTIMIZER_NAMES } from "../../core/optimizers/createOptimizer";
import { DECODINGS } from "../../data/rankDice";
import { INTENSITY_UNITS } from "../../data/types";
import { LOSS_NAMES } from "../../losses/lossNames";
import { scheduleSchema } from "../training/schedule";
import { group, setting } from "./setting";

const count = z.int().positive();
const chance = z.number().min(0).max(1);
/** A smallest and a largest factor; `[1, 1]` changes nothing. */
const range = z
  .tuple([z.number().positive(), z.number().positive()])
  .refine(([low, high]) => low <= high, "[low, high] with low <= high");

/** The kinds of augmentation. */
export const AUGMENTATIONS = ["none", "paper", "standard"] as const;

/**
 * Every setting of a training. TypeScript's types, the command
 * line's flags, the defaults, the printed configuration and the fingerprint are derived from this
 * schema. A new setting is one entry; its default must reproduce the earlier behaviour, so that
 * saved configurations stay valid.
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
   * Values from black to white, in the scan's unit, e.g. [-1250, 250] Hounsfield units; `null` for what
   * suits the unit.
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
  /** Whether the last, incomplete batch is trained on or dropped; its slices come in the next epoch's order. */
  lastBatch: setting(z.enum(["keep", "drop"]), "drop", "what to do with an incomplete last batch"),
  /** The network's architecture. A change that none of the models in a training or study would use is refused. */
  model: group({
    /** Channels at full resolution; they double per level. */
    filters: setting(count.max(4096), 16, "channels at full resolution; they double per level", {
      flag: "filters",
    }),
    /** Levels below full resolution. */
    depth: setting(z.int().min(1).max(8), 4, "levels below full resolution", { flag: "depth" }),
    /** The network's first layer normalises each image to mean 0 and standard deviation 1. */
    standardize: setting(
      z.boolean(),
      false,
      "the first layer brings each image to mean 0 and standard deviation 1",
    ),
    /** `null`: the model's default, which is batch normalisation in the U-Net family. */
    normalization: setting(
      z.enum(["batch", "group", "none"]).nullable(),
      null,
      "after each convolution; null for the model's default",
    ),
    /**
     * A file of ImageNet weights (`.pth`, `.safetensors`) that initialises the encoder of `resnextUnet` or
     * `efficientnetUnet` starts with; `null` for random weights. Other models refuse one.
     */
    encoderWeights: setting(
      z.string().min(1).nullable(),
      null,
      "ImageNet weights (.pth, .safetensors) for resnextUnet and efficientnetUnet to start with",
      { flag: "encoder-weights" },
    ),
    /** Paths of a ResNeXt block. */
    cardinality: setting(count, 8, "paths of a ResNeXt block"),
    /** Channels of each path at full resolution, doubled per level; `null` for 2 filters / cardinality. */
    pathWidth: setting(
      count.nullable(),
      null,
      "channels per path at full resolution; null for 2 filters / cardinality",
    ),
    /** Blocks of each ResNeXt level and of the bridge, or one number for each. */
    blocks: setting(
      z.union([count, z.array(count)]),
      2,
      "ResNeXt blocks per level and in the bridge, or one number for each",
    ),
    /**
     * The attention in the decoder of `residualAttentionUnet` and `mr`; `null` for the models' default, LSH
     * attention. Other models refuse a value.
     */
    attention: setting(
      z.enum(["none", "gate", "multiHead", "lsh"]).nullable(),
      null,
      "in the decoder of residualAttentionUnet and mr; null for their own, lsh",
    ),
    /** Decoder levels with attention, 0 = full resolution. `"all"` as in the paper. */
    attentionLevels: setting(
      z.union([z.literal("all"), z.array(z.int().min(0))]),
      [2, 3],
      'levels of the decoder that attend, 0 = full resolution, or "all"',
    ),
    /** Tokens per bucket of LSH attention. */
    bucketSize: setting(count, 64, "tokens per bucket of LSH attention"),
    /** Hash rounds of LSH attention. */
    numHashes: setting(count, 4, "rounds of hashing of LSH attention"),
  }),
  /** What is minimised. */
  loss: group({
    /** See `lossByName`. */
    name: setting(z.enum(LOSS_NAMES), "diceCrossEntropy", "what is minimised", { flag: "loss" }),
    /** One weight per class, background first; `null` for all 1. */
    classWeights: setting(
      z.array(z.number().min(0)).nullable(),
      null,
      "one weight per class, background first; null for all 1",
    ),
    /** Dice-type losses: one score per batch, not per image, so that a rare class is not suppressed. */
    isBatchwise: setting(
      z.boolean(),
      true,
      "one Dice score per batch instead of one per image; Dice-like losses only",
    ),
    /** Dice-type losses: a class counts only in the images that have it. */
    skipAbsent: setting(
      z.boolean(),
      false,
      "a class counts only in the images that have it; Dice-like losses only",
    ),
    /** Dice-type losses: the background counts as a class. */
    includeBackground: setting(
      z.boolean(),
      true,
      "the background counts as a class; Dice-like losses only",
    ),
    /** Deep supervision: coarser decoder levels get a loss too, at half the weight per level. */
    deepSupervision: setting(
      z.boolean(),
      false,
      "trains the decoder's coarser levels on the labels too, halving the weight per level",
    ),
  }),
  /** The optimizer. */
  optimizer: group({
    /** See `createOptimizer`. */
    name: setting(z.enum(OPTIMIZER_NAMES), "adam", "the optimizer", {
      flag: "optimizer",
    }),
    /** The base learning rate, which the schedule scales. */
    learningRate: setting(z.number().positive(), 0.002, "the rate that the schedule scales", {
      flag: "learning-rate",
    }),
    /** Maximum global norm of the gradients; `null` for no clipping. */
    clipNorm: setting(
      z.number().positive().nullable(),
      1,
      "largest norm of all gradients together; null for no clipping",
    ),
    /** Decoupled weight decay, for kernels only; 0 for none, which `adamw` refuses. */
    weightDecay: setting(z.number().min(0).lt(1), 0, "decoupled weight decay; adamw needs one"),
    /** Momentum of `sgd` and `rmsprop`; the others refuse it. */
    momentum: setting(z.number().min(0).lt(1), 0, "momentum of sgd and rmsprop"),
    /** `sgd` only: Nesterov momentum. */
    useNesterov: setting(z.boolean(), false, "sgd looks ahead along its momentum"),
    /** `adam`, `adamw` and `lion` only; `null` for the optimizer's default. */
    beta1: setting(
      z.number().min(0).lt(1).nullable(),
      null,
      "of adam, adamw and lion; null for their own",
    ),
    /** `adam`, `adamw` and `lion` only; `null` for the optimizer's default. */
    beta2: setting(
      z.number().min(0).lt(1).nullable(),
      null,
      "of adam, adamw and lion; null for their own",
    ),
    /** Decay of the mean square of `rmsprop`; `null` for 0.9. */
    rho: setting(
      z.number().min(0).lt(1).nullable(),
      null,
      "decay of the mean square of rmsprop; null for 0.9",
    ),
    /** `rmsprop` only: divides by the variance rather than the mean square. */
    centered: setting(z.boolean(), false, "rmsprop divides by the variance"),
    /** Initial accumulator value of `adagrad`; `null` for 0.1. */
    initialAccumulatorValue: setting(
      z.number().min(0).nullable(),
      null,
      "initial value of adagrad's sums; null for 0.1",
    ),
    /** Keeps divisions finite, in all optimizers but `sgd` and `lion`; `null` for 1e-7. */
    epsilon: setting(
      z.number().positive().nullable(),
      null,
      "keeps divisions finite, for all but sgd and lion; null for 1e-7",
    ),
    /** Steps whose gradients are accumulated into one update of the weights. */
    gradientAccumulationSteps: setting(
      count,
      1,
      "steps whose mean gradient makes one update of the weights",
    ),
    /** Validates and keeps an exponential moving average of the weights. */
    useEma: setting(
      z.boolean(),
      false,
      "validates and keeps an exponential moving average of the weights",
    ),
    /** Momentum of that average; `null` for 0.99. Refused without `useEma`. */
    emaMomentum: setting(
      z.number().min(0).lt(1).nullable(),
      null,
      "share of that average that a step keeps; null for 0.99",
    ),
    /** Lets that momentum rise from 0.1 over the first steps. Refused without `useEma`. */
    useEmaWarmup: setting(z.boolean(), false, "lets that share rise from 0.1 over the first steps"),
  }),
  /** Scales the learning rate over the steps; see `learningRateAt`. */
  schedule: setting(
    scheduleSchema,
    { name: "cosine", warmup: 0.05, floor: 0.01 },
    'of the learning rate, e.g. {"name":"constant"}',
  ),
  /** Which slices a training uses, and how often. */
  sampling: group({
    /**
     * Share of an epoch's slices that are drawn for a foreground class, each class as often, the rarest
     * too; the others come in random order. 0 shows each slice once per epoch.
     */
    oversampleForeground: setting(
      chance,
      0,
      "share of an epoch's slices drawn for a foreground class, each class equally often",
    ),
    /**
     * The network sees random square patches of this side, one of each slice per epoch, cut from the slice
     * of side `size` after its augmentation, and predicts by a sliding window. A slice that was drawn for
     * a foreground class gives a patch around a random pixel of that class, as in nnU-Net. `null`: whole slices.
     */
    patchSize: setting(
      z.int().min(16).max(2048).nullable(),
      null,
      "side of random patches that the network is trained on; null for whole slices",
      { flag: "patch-size" },
    ),
  }),
  /** `paper`: five copies of each training slice. `standard`: a fresh random change every time. */
  augmentation: setting(z.enum(AUGMENTATIONS), "standard", "of the training slices"),
  /** Strength of augmentation `standard`; see `augment`. */
  augmentationStrength: group({
    /** Chance to mirror left and right. */
    flipChance: setting(chance, 0.5, "chance to mirror left and right"),
    /** Chance to mirror front and back. */
    verticalFlipChance: setting(chance, 0, "chance to mirror front and back"),
    /** Maximum rotation in degrees, either way. */
    rotationDegrees: setting(z.number().min(0).max(180), 15, "largest turn either way"),
    /** Smallest and largest scale. */
    scale: setting(range, [0.85, 1.2], "smallest and largest scale"),
    /** Maximum shift, as a share of the side. */
    shift: setting(chance, 0.05, "largest shift, as a share of the side"),
    /** Standard deviation of the elastic field, as a share of the side. */
    elastic: setting(z.number().min(0).max(0.2), 0.015, "sd of the elastic field, share of side"),
    /** Smallest and largest exponent of the grey values. */
    gamma: setting(range, [0.7, 1.5], "smallest and largest exponent of the grey values"),
    /** Largest standard deviation of added noise. */
    noise: setting(chance, 0.04, "largest sd of added noise"),
    /** Chance to blank a rectangle of the image. */
    cutoutChance: setting(chance, 0.2, "chance to blank a rectangle of the image"),
    /** Longest side of that rectangle, as a share of the image's. */
    cutoutSize: setting(chance, 0.25, "longest side of that rectangle, share of the image's"),
  }),
  /** Epochs without a better `monitor` that end the training; `null` for never. */
  patience: setting(
    count.nullable(),
    null,
    "epochs without improvement of the monitor that end the training; null for never",
  ),
  /** What decides which epoch's weights are kept. */
  monitor: setting(
    z.enum(["validationDice", "validationLoss"]),
    "validationDice",
    "what decides which epoch's weights are kept",
  ),
  /** Share of the training slices that early stopping watches. */
  validationFraction: setting(
    z.number().min(0).lt(1),
    0.15,
    "share of the training slices that early stopping watches",
  ),
  /** Share of all slices that `train` holds out and never sees; 0 trains on all. */
  testFraction: setting(
    z.number().min(0).lt(1),
    0.2,
    "share of all slices held out by train; 0 for none",
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
  /** Self-training on slices without labels, which only a k-shot study has; others refuse it. */
  selfTraining: group({
    /** Number of students, each taught by the previous network; 0 for none. */
    rounds: setting(z.int().min(0), 0, "students, each taught by the previous network; 0 for none"),
    /** Pixels whose likeliest class has a lower probability are ignored. */
    minConfidence: setting(chance, 0.9, "least probability of a class that a student learns"),
  }),
  /** How slices are predicted after training; validation during training uses only the sliding window. */
  inference: group({
    /**
     * Mirrored copies whose class probabilities are averaged with the slice's own: `horizontal` one,
     * left to right; `both` three, front to back too.
     */
    flips: setting(
      z.enum(["none", "horizontal", "both"]),
      "none",
      "mirrored copies whose probabilities are averaged",
    ),
    /**
     * How probabilities become labels: the likeliest class, or the labels with the highest expected Dice,
     * which keeps more of what is small or unsure; see `rankDice`.
     */
    decoding: setting(
      z.enum(DECODINGS),
      "argmax",
      "the likeliest class, or the labels with the highest expected Dice",
    ),
    /** Networks that differ only in their seed, and whose class probabilities are averaged. */
    ensemble: setting(count, 1, "networks with different seeds whose probabilities are averaged"),
    /** Overlap of neighbouring windows, as a share of the window; for trainings on patches only. */
    overlap: setting(
      z.number().min(0).lt(1),
      0.25,
      "share of a sliding window that the next one also covers; with sampling.patchSize",
    ),
    /** Weight of a window's pixels: equal (`constant`) or lower towards its edges (`gaussian`); MONAI's names. */
    mode: setting(
      z.enum(["constant", "gaussian"]),
      "constant",
      "weight of a sliding window's pixels; with sampling.patchSize",
    ),
  }),
  /** Number format of convolutions and matrix products; weights stay float32. */
  precision: setting(z.enum(["float32", "bfloat16"]), "float32", "of the compiled step"),
  /** One recorded graph per step; `false` runs op by op, for debugging. */
  compiled: setting(z.boolean(), true, "one recorded graph per step; false for debugging", {
    isCosmetic: true,
  }),
  /** How the data are read; unused for the phantom. */
  data: group({
    /** Which DICOM series of a folder, by its UID or number; `null` where there is only one. */
    series: setting(z.string().min(1).nullable(), null, "which DICOM series, by its UID or number"),
    /** The unit of the scans' numbers; `null` for the unit that a file states, or a guess. */
    unit: setting(
      z.enum(INTENSITY_UNITS).nullable(),
      null,
      "what a scan's numbers are; null for what its file notes, or a guess",
    ),
    /** Names by label, background first; `null` for those of the data, else `class 1` … */
    classNames: setting(
      z
        .array(z.string().min(1))
        .min(2)
        .refine((names) => new Set(names).size === names.length, "a different name for each class")
        .nullable(),
      null,
      "names by label, background first; null for those of the data, else class 1 …",
    ),
    /** The label that each value of the masks stands for; `null` where values are labels. */
    labels: setting(
      z
        .record(
          z.string().regex(/^(0|-?[1-9]\d*)$/, "an integer as the value of a mask"),
          z.int().min(0).max(255),
        )
        .nullable(),
      null,
      'the label of each value of the masks, e.g. {"255":1}; null where values are labels',
    ),
    /** Whether masks on another grid are resampled by nearest neighbour instead of refused. */
    resample: setting(z.boolean(), false, "resample masks that lie on another grid"),
  }),
  /** The data used if no source is named. */
  phantom: group({
    /** Slices. */
    count: setting(count, 100, "slices of the phantom"),
    /** Side of a slice in pixels, before it is resized. */
    size: setting(z.int().min(32).max(1024), 256, "side of the phantom's slices"),
  }),
});

/** Every setting of one training as plain data: stored in a run folder, and filled in by a preset. */
export type TrainingConfig = z.output<typeof trainingConfigSchema>;

/** Some of the settings; a preset fills in the others. */
export type TrainingOverrides = z.input<typeof trainingConfigSchema>;
