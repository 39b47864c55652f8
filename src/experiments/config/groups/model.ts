import * as z from "zod";
import { group, setting } from "../setting";
import { count } from "./numbers";

/** The settings of the network's architecture. */
export const modelSettings = group({
  /** Channels at full resolution; they double per level. */
  filters: setting(count.max(4096), 16, "channels at full resolution; they double per level", {
    flag: "filters",
  }),
  /** Levels below full resolution. */
  depth: setting(z.int().min(1).max(8), 4, "levels below full resolution", { flag: "depth" }),
  /** Whether the network's first layer normalises each image to mean 0 and standard deviation 1. */
  standardize: setting(
    z.boolean(),
    false,
    "the first layer normalises each image to mean 0 and standard deviation 1",
  ),
  /** `null`: the model's default, which is batch normalisation in the U-Net family. */
  normalization: setting(
    z.enum(["batch", "group", "none"]).nullable(),
    null,
    "normalisation after each convolution; null for the model's default",
  ),
  /**
   * A file of ImageNet weights (`.pth`, `.safetensors`) that initialises the encoder of `resnextUnet` or
   * `efficientnetUnet`; `null` for random weights. An error for other models.
   */
  encoderWeights: setting(
    z.string().min(1).nullable(),
    null,
    "initial ImageNet weights (.pth, .safetensors) of resnextUnet and efficientnetUnet",
    { flag: "encoder-weights" },
  ),
  /** Number of paths of a ResNeXt block. */
  cardinality: setting(count, 8, "number of paths of a ResNeXt block"),
  /** Channels of each path at full resolution, doubled per level; `null` for 2 filters / cardinality. */
  pathWidth: setting(
    count.nullable(),
    null,
    "channels per path at full resolution; null for 2 filters / cardinality",
  ),
  /** Number of ResNeXt blocks per level and in the bridge; a list has one number for each. */
  blocks: setting(
    z.union([count, z.array(count)]),
    2,
    "number of ResNeXt blocks per level and in the bridge; a list has one number for each",
  ),
  /**
   * The attention in the decoder of `residualAttentionUnet` and `mr`; `null` for the models' default, LSH
   * attention. An error for other models.
   */
  attention: setting(
    z.enum(["none", "gate", "multiHead", "lsh"]).nullable(),
    null,
    "attention in the decoder of residualAttentionUnet and mr; null for their default, lsh",
  ),
  /** Decoder levels with attention, 0 = full resolution. `"all"` as in the paper. */
  attentionLevels: setting(
    z.union([z.literal("all"), z.array(z.int().min(0))]),
    [2, 3],
    'decoder levels with attention, 0 = full resolution, or "all"',
  ),
  /** Tokens per bucket of LSH attention. */
  bucketSize: setting(count, 64, "tokens per bucket of LSH attention"),
  /** Hash rounds of LSH attention. */
  numHashes: setting(count, 4, "hash rounds of LSH attention"),
});
