import * as tf from "@tensorflow/tfjs";
import { ConfigError } from "../core/errors";
import { formatShape } from "../core/shapes";
import { GroupedConv2D } from "../layers/GroupedConv2D";
import { createBlock } from "../layers/support/block";
import type { BlockKind } from "../layers/support/block";
import type { Normalization } from "../layers/support/ConvUnit";
import { UNetDecoderBlock } from "../layers/UNetDecoderBlock";
import type { DecoderAttention } from "../layers/UNetDecoderBlock";
import { UNetEncoderBlock } from "../layers/UNetEncoderBlock";
import { VGGStage } from "../layers/VGGStage";
import { imageInput } from "./imageInput";
import { rejectUnknownArguments } from "./modelArguments";
import type { ModelName } from "./modelNames";

/** Arguments of every segmentation model. */
export interface SegmentationArgs {
  /** `[height, width, channels]`; `null` for a height or width that is not fixed. */
  readonly inputShape: readonly [number | null, number | null, number];
  /** Number of classes, including the background. */
  readonly numClasses: number;
  /** Fixes every initial weight; default 0. */
  readonly seed?: number;
  /** Whether each image is brought to mean 0 and standard deviation 1 first; default false. */
  readonly standardize?: boolean;
}

/** Arguments of the models of the U-Net family. */
export interface UNetArgs extends SegmentationArgs {
  /** Channels of the finest level, doubled from level to level; default 16. */
  readonly filters?: number;
  /** How many times the image is halved; default 4. */
  readonly depth?: number;
  /** Default `"batch"`. */
  readonly normalization?: Normalization;
}

/** Arguments of the models with ResNeXt blocks. */
export interface ResidualUNetArgs extends UNetArgs {
  /** Paths of a ResNeXt block; default 8. */
  readonly cardinality?: number;
  /**
   * Channels of each path at the finest level, doubled from level to level; default
   * `2 * filters / cardinality`, at least 1: 4 for 16 filters and 8 paths, as in ResNeXt-50 32x4d.
   */
  readonly pathWidth?: number;
  /** Blocks of each encoder level, and of the bridge; default 2. */
  readonly blocks?: number | readonly number[];
}

/** Arguments of the models with attention over the pixels. */
export interface AttentionLevelsArgs {
  /**
   * Decoder levels with attention; level `d` works at `1 / 2^d` of the resolution. Default all, from 0
   * to `depth - 1`; on two cores use `[2, 3]`, a quarter of the resolution and below.
   */
  readonly attentionLevels?: readonly number[];
  /** Kind of attention in the decoder; default `"lsh"`. */
  readonly attention?: DecoderAttention;
  /** Tokens per bucket; default 64. */
  readonly bucketSize?: number;
  /** Rounds of hashing; default 4. */
  readonly numHashes?: number;
}

/** The parts of a network. */
interface UNetParts {
  readonly encoder: BlockKind;
  readonly decoder: BlockKind;
  readonly attention: DecoderAttention;
}

/** Throws unless the arguments common to all models are valid. */
export function checkSegmentationArgs(where: string, args: SegmentationArgs): void {
  const { inputShape, numClasses } = args;
  const isSize = (size: number | null): boolean => Number.isInteger(size) && (size ?? 0) > 0;
  const isShape =
    Array.isArray(inputShape) &&
    inputShape.length === 3 &&
    inputShape.slice(0, 2).every((size) => size === null || isSize(size)) &&
    isSize(inputShape[2]);
  if (!isShape) {
    throw new ConfigError({
      where: `${where}.inputShape`,
      expected: "[height, width, channels]",
      got: Array.isArray(inputShape) ? formatShape(inputShape) : String(inputShape),
    });
  }
  if (!Number.isInteger(numClasses) || numClasses < 2) {
    throw new ConfigError({
      where: `${where}.numClasses`,
      expected: "an integer of at least 2",
      got: String(numClasses),
      remedy: "The background is a class too.",
    });
  }
}

/** Throws unless the depth is valid. */
export function checkDepth(where: string, depth: number): void {
  if (Number.isInteger(depth) && depth >= 1) return;
  throw new ConfigError({
    where: `${where}.depth`,
    expected: "an integer of at least 1",
    got: String(depth),
  });
}

/**
 * The last two layers of every model: one score per class (`logits`), then probabilities (`softmax`).
 */
export function segmentationHead(
  features: tf.SymbolicTensor,
  numClasses: number,
  seed: number,
): tf.SymbolicTensor {
  const head = new GroupedConv2D({ name: "logits", filters: numClasses, kernelSize: 1, seed });
  const softmax = tf.layers.softmax({ name: "softmax", axis: -1 });
  return softmax.apply(head.apply(features)) as tf.SymbolicTensor;
}

function checkLevels(where: string, levels: readonly number[], depth: number): void {
  const wrong = levels.filter((level) => !Number.isInteger(level) || level < 0 || level >= depth);
  if (wrong.length > 0) {
    throw new ConfigError({
      where: `${where}.attentionLevels`,
      expected: `levels from 0 to ${depth - 1}`,
      got: wrong.join(", "),
      remedy:
        "Level d works at 1 / 2^d of the resolution; the bridge has none. Name other levels " +
        "(--set model.attentionLevels=[0]), or raise the depth.",
    });
  }
}

/** The parts of an encoder level. */
interface EncoderLevel {
  readonly cardinality: number;
  readonly pathWidth: number | null;
  readonly blocks: number;
}

/** The encoder level by level, the bridge last; plain blocks stand alone, as in U-Net. */
function encoderOf(
  where: string,
  kind: BlockKind,
  args: ResidualUNetArgs,
  { filters, depth }: { readonly filters: number; readonly depth: number },
): (level: number) => EncoderLevel {
  const { cardinality = 8, blocks = 2 } = args;
  if (kind !== "resnext") return () => ({ cardinality, pathWidth: null, blocks: 1 });
  const { pathWidth = Math.max(1, Math.round((2 * filters) / cardinality)) } = args;
  const counts =
    typeof blocks === "number" ? Array.from({ length: depth + 1 }, () => blocks) : blocks;
  if (
    counts.length !== depth + 1 ||
    counts.some((count) => !Number.isInteger(count) || count < 1)
  ) {
    throw new ConfigError({
      where: `${where}.blocks`,
      expected: `an integer of at least 1, or ${depth + 1} of them: one per level and the bridge`,
      got: JSON.stringify(blocks),
    });
  }
  return (level) => ({ cardinality, pathWidth: pathWidth * 2 ** level, blocks: counts[level] });
}

/** Wires a network of the U-Net family. */
export function buildUNet(
  name: ModelName,
  parts: UNetParts,
  args: ResidualUNetArgs & AttentionLevelsArgs,
): tf.LayersModel {
  rejectUnknownArguments(name, args);
  checkSegmentationArgs(name, args);
  const { numClasses, seed = 0, filters = 16, depth = 4 } = args;
  checkDepth(name, depth);
  const { normalization = "batch", bucketSize = 64, numHashes = 4 } = args;
  const { attentionLevels = Array.from({ length: depth }, (_, level) => level) } = args;
  if (parts.attention !== "none") checkLevels(name, attentionLevels, depth);

  const encoder = encoderOf(name, parts.encoder, args, { filters, depth });
  const common = { normalization, seed };
  const { input, image } = imageInput(args);
  const skips: tf.SymbolicTensor[] = [];
  let features = image;
  if (parts.encoder === "resnext") {
    const stem = { ...common, name: "stem", filters, convolutions: 1, usePooling: false };
    features = new VGGStage(stem).apply(features) as tf.SymbolicTensor;
  }
  for (let level = 0; level < depth; level++) {
    const block = new UNetEncoderBlock({
      ...common,
      name: `encoder${level}`,
      filters: filters * 2 ** level,
      block: parts.encoder,
      ...encoder(level),
    });
    // tfjs runs a layer once for each of its outputs that a model uses, batch statistics and all,
    // so the model takes only one and pools it itself.
    const [skip] = block.apply(features) as tf.SymbolicTensor[];
    skips.push(skip);
    const pool = tf.layers.maxPooling2d({ name: `pool${level}`, poolSize: 2, padding: "same" });
    features = pool.apply(skip) as tf.SymbolicTensor;
  }
  const { blocks, ...paths } = encoder(depth);
  for (let index = 1; index <= blocks; index++) {
    const own = { name: index === 1 ? "bridge" : `bridge${index}`, filters: filters * 2 ** depth };
    const block = createBlock(parts.encoder, { ...common, ...own }, paths);
    features = block.apply(features) as tf.SymbolicTensor;
  }
  for (let level = depth - 1; level >= 0; level--) {
    const decoder = new UNetDecoderBlock({
      ...common,
      name: `decoder${level}`,
      filters: filters * 2 ** level,
      block: parts.decoder,
      attention: attentionLevels.includes(level) ? parts.attention : "none",
      bucketSize,
      numHashes,
    });
    features = decoder.apply([features, skips[level]]) as tf.SymbolicTensor;
  }
  const outputs = segmentationHead(features, numClasses, seed);
  return tf.model({ inputs: input, outputs, name });
}
