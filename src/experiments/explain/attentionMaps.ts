import * as tf from "@tensorflow/tfjs";
import { ConfigError } from "../../core/errors";
import type { Plane } from "../../data/types";
import { expectInputSize, expectPixels } from "../evaluation/predictSamples";
import { AttentionGate } from "../../layers/AttentionGate";
import { LSHAttention } from "../../layers/LSHAttention";
import { MultiHeadAttention } from "../../layers/MultiHeadAttention";
import { captureCalls, layerPaths } from "../../models/captureActivations";
import type { LayerCall } from "../../models/captureActivations";

/** A pixel of the image, `[row, column]`. */
export type Pixel = readonly [row: number, column: number];

/** What one pixel attends to in one head of one layer. */
export interface AttentionMapRecord {
  /** The layer's path, `"decoder0/attention"`. */
  readonly layer: string;
  /** Counted from 0. */
  readonly head: number;
  /** The pixel that attends, of the image. */
  readonly query: Pixel;
  /** Weights at the layer's resolution; they sum to 1. */
  readonly weights: Plane<Float32Array>;
}

/** How strongly a gate passes each position of its skip connection. */
export interface GateMapRecord {
  readonly layer: string;
  /** The gate's `α` at the layer's resolution, each in (0, 1). */
  readonly weights: Plane<Float32Array>;
}

/** The bucket that each position was hashed into, in one round and head of one layer. */
export interface BucketMapRecord {
  readonly layer: string;
  /** Counted from 0. */
  readonly round: number;
  readonly head: number;
  /** Labels at the layer's resolution: positions with the same label may attend to one another. */
  readonly buckets: Plane<Uint16Array>;
}

/** All attention of a model on one image. */
export interface AttentionRecords {
  readonly attention: readonly AttentionMapRecord[];
  readonly gates: readonly GateMapRecord[];
  readonly buckets: readonly BucketMapRecord[];
}

/**
 * Maps a model's attention back to pixels: what a query pixel attends to in each head of LSH
 * and multi-head attention, the `α` of each attention gate, and the hash buckets of LSH attention.
 *
 * Maps have the resolution of their layer, an integer fraction of the image's.
 *
 * @param model one input `[batch, height, width, 1]`; attention layers nested in blocks are found
 * @param image as the model takes it, grey in [0, 1]
 * @param options.query the pixel that attends, `[row, column]` of the image
 * @param options.layers paths of attention layers; default all
 * @throws ConfigError for a pixel outside the image, or a path of a layer without attention
 * @example
 * const model = mr({ inputShape: [16, 16, 1], numClasses: 2, filters: 16, depth: 1 });
 * const image = { height: 16, width: 16, data: new Float32Array(256) };
 * const { attention, buckets } = attentionMaps(model, image, { query: [3, 5] });
 * [attention[0].layer, attention.length, buckets.length]; // ["decoder0/attention", 1, 4]
 */
export function attentionMaps(
  model: tf.LayersModel,
  image: Plane<Float32Array>,
  options: { readonly query: Pixel; readonly layers?: readonly string[] },
): AttentionRecords {
  const { query } = options;
  expectInputSize("attentionMaps.image", model, [{ id: "image", image }]);
  expectPixels("attentionMaps", [{ id: "image", image }]);
  expectPixel("attentionMaps.query", image, query);
  const layers = attentionLayers(model, options.layers);
  const paths = layers.map(([path]) => path);
  const { height, width, data } = image;
  const images = tf.tensor4d(data, [1, height, width, 1]);
  const calls = captureCalls(model, paths, images);
  images.dispose();
  try {
    const attention: AttentionMapRecord[] = [];
    const gates: GateMapRecord[] = [];
    const buckets: BucketMapRecord[] = [];
    for (const [layer, instance] of layers) {
      const call = calls[layer];
      if (instance instanceof AttentionGate) {
        gates.push({ layer, weights: gateMap(instance, call) });
        continue;
      }
      const maps = headMaps(instance, call, query, image);
      attention.push(...maps.map((weights, head) => ({ layer, head, query, weights })));
      if (instance instanceof LSHAttention) {
        buckets.push(...bucketMaps(instance, call).map((map) => ({ layer, ...map })));
      }
    }
    return { attention, gates, buckets };
  } finally {
    for (const { inputs, outputs } of Object.values(calls)) tf.dispose([...inputs, ...outputs]);
  }
}

type Attending = LSHAttention | MultiHeadAttention | AttentionGate;

/** The attention layers of a model by path, in the given order, else in the model's. */
function attentionLayers(
  model: tf.LayersModel,
  wanted: readonly string[] | undefined,
): (readonly [path: string, layer: Attending])[] {
  const all = [...layerPaths(model)].filter(
    (entry): entry is [string, Attending] =>
      entry[1] instanceof LSHAttention ||
      entry[1] instanceof MultiHeadAttention ||
      entry[1] instanceof AttentionGate,
  );
  if (wanted === undefined) return all;
  return wanted.map((path) => {
    const found = all.find(([known]) => known === path);
    if (found !== undefined) return found;
    throw new ConfigError({
      where: `attentionMaps("${model.name}").layers`,
      expected: `attention layers: ${all.map(([known]) => known).join(", ") || "it has none"}`,
      got: `"${path}"`,
    });
  });
}

/** @throws ConfigError if the pixel is outside the image */
export function expectPixel(
  where: string,
  { height, width }: Pick<Plane<Float32Array>, "height" | "width">,
  pixel: Pixel | undefined,
): void {
  const [row, column] = pixel ?? [];
  const isWithin = (index: number | undefined, size: number): boolean =>
    index !== undefined && Number.isInteger(index) && index >= 0 && index < size;
  if (isWithin(row, height) && isWithin(column, width)) return;
  throw new ConfigError({
    where,
    expected: `a pixel of the ${height} x ${width} image, [row, column]`,
    got: pixel === undefined ? "none" : `[${row}, ${column}]`,
  });
}

/** One plane of weights per head. */
function headMaps(
  layer: LSHAttention | MultiHeadAttention,
  { inputs: [x] }: LayerCall,
  query: Pixel,
  image: Plane<Float32Array>,
): Plane<Float32Array>[] {
  const [, height, width] = x.shape as number[];
  const row = Math.floor((query[0] * height) / image.height);
  const column = Math.floor((query[1] * width) / image.width);
  const heads = tf.tidy(() => {
    if (layer instanceof LSHAttention) {
      const weights = layer.weightsFrom(x, row * width + column);
      return tf.transpose(weights, [0, 2, 1]).dataSync<"float32">();
    }
    const pixel = tf.slice(x, [0, row, column, 0], [1, 1, 1, -1]);
    const [, scores] = layer.call([pixel, x, x], { returnAttentionScores: true }) as tf.Tensor[];
    return scores.dataSync<"float32">();
  });
  const pixels = height * width;
  return Array.from({ length: heads.length / pixels }, (_, head) => ({
    height,
    width,
    data: heads.slice(head * pixels, (head + 1) * pixels),
  }));
}

function gateMap(gate: AttentionGate, { inputs }: LayerCall): Plane<Float32Array> {
  const [x, g] = inputs;
  const [, height, width] = x.shape as number[];
  const data = tf.tidy(() => gate.attentionMap([x, g]).dataSync<"float32">());
  return { height, width, data };
}

/** One plane of labels per round and head. */
function bucketMaps(
  layer: LSHAttention,
  { inputs: [x] }: LayerCall,
): Omit<BucketMapRecord, "layer">[] {
  const [, height, width] = x.shape as number[];
  const all = tf.tidy(() => tf.transpose(layer.bucketsOf(x), [0, 1, 3, 2]));
  const [rounds, , heads, tokens] = all.shape;
  const values = all.dataSync();
  all.dispose();
  return Array.from({ length: rounds * heads }, (_, index) => ({
    round: Math.floor(index / heads),
    head: index % heads,
    buckets: {
      height,
      width,
      data: Uint16Array.from(values.subarray(index * tokens, (index + 1) * tokens)),
    },
  }));
}
