import * as tf from "@tensorflow/tfjs";
import { ConfigError } from "../../core/errors";
import { statelessDropout } from "../../core/ops/statelessRandom";
import { MultiHeadAttention } from "../../layers/MultiHeadAttention";
import { SeededDropout } from "../../layers/SeededDropout";
import { layerPaths } from "../../models/captureActivations";

/** Dropout inserted after layers of a network that was trained without it. */
export interface InjectedDropout {
  /** Fraction of the values to drop, in (0, 1). */
  readonly rate: number;
  /** Paths of the layers to insert dropout after, as listed by `layerPaths`. */
  readonly layers: readonly string[];
}

type Call = tf.layers.Layer["call"];

/**
 * Runs `draw` with dropout active as in training and everything else as in inference: batch norms use
 * their averages, and only the random state of attention with dropout changes.
 *
 * @param inject dropout to insert, instead of the model's own
 * @param seed the seed of the masks
 * @throws ConfigError if there is no dropout, or dropout that is not reproducible
 */
export function withDropout<T>(
  model: tf.LayersModel,
  inject: InjectedDropout | null,
  seed: number,
  draw: () => T,
): T {
  const replaced = inject === null ? ownDropout(model, seed) : injected(model, inject, seed);
  for (const [layer, call] of replaced) layer.call = call;
  try {
    return draw();
  } finally {
    for (const [layer] of replaced) delete (layer as Partial<Pick<tf.layers.Layer, "call">>).call;
  }
}

/** The model's own dropout, switched on; the state of the layers does not advance. */
function ownDropout(model: tf.LayersModel, seed: number): Map<tf.layers.Layer, Call> {
  const replaced = new Map<tf.layers.Layer, Call>();
  for (const [path, layer] of layerPaths(model)) {
    if (layer.getClassName() === "Dropout") {
      throw new ConfigError({
        where: `monteCarloDropout("${model.name}")`,
        expected: "SeededDropout, whose masks depend on a seed alone",
        got: `tfjs' own dropout in "${path}"`,
        remedy: "Build the model with SeededDropout, or inject dropout after other layers.",
      });
    }
    if (layer instanceof SeededDropout && layer.args.rate > 0) {
      let run = 0;
      const own = seed + 7919 * replaced.size;
      replaced.set(layer, (inputs) => dropped(inputs, layer.args.rate, own, run++));
    } else if (layer instanceof MultiHeadAttention && layer.args.dropout > 0) {
      replaced.set(layer, drawingAttention(layer, seed + 7919 * replaced.size));
    }
  }
  if (replaced.size > 0) return replaced;
  throw new ConfigError({
    where: `monteCarloDropout("${model.name}")`,
    expected: "a model with dropout",
    got: "one without: every draw would be the same",
    remedy: "Inject dropout after some layers, e.g. inject: { rate: 0.2, layers: ['bridge'] }.",
  });
}

/** Attention with dropout as in training. It draws from its own random state, which the caller restores. */
function drawingAttention(layer: MultiHeadAttention, seed: number): Call {
  const original = layer.call.bind(layer);
  const state = layer.weights.find(({ originalName }) => originalName.endsWith("seedState"));
  tf.tidy(() => void state?.write(tf.tensor1d([seed, 0], "int32")));
  return (inputs, options) => original(inputs, { ...options, training: true });
}

function injected(
  model: tf.LayersModel,
  { rate, layers }: InjectedDropout,
  seed: number,
): Map<tf.layers.Layer, Call> {
  if (!(rate > 0 && rate < 1)) {
    throw new ConfigError({
      where: "monteCarloDropout.inject.rate",
      expected: "a number between 0 and 1",
      got: String(rate),
    });
  }
  const paths = layerPaths(model);
  const replaced = new Map<tf.layers.Layer, Call>();
  layers.forEach((path, index) => {
    const layer = paths.get(path);
    if (layer === undefined) {
      throw new ConfigError({
        where: "monteCarloDropout.inject.layers",
        expected: "paths of layers, as layerPaths(model) lists them",
        got: `"${path}"`,
      });
    }
    const original = layer.call.bind(layer);
    let run = 0;
    const own = seed + 7919 * index;
    replaced.set(layer, (inputs, options) =>
      tf.tidy(() => dropped(original(inputs, options), rate, own, run++)),
    );
  });
  if (replaced.size > 0) return replaced;
  throw new ConfigError({
    where: "monteCarloDropout.inject.layers",
    expected: "at least one layer",
    got: "none",
  });
}

/** Applies dropout to each tensor, with masks determined by seed and count. */
function dropped(
  tensors: tf.Tensor | tf.Tensor[],
  rate: number,
  seed: number,
  run: number,
): tf.Tensor | tf.Tensor[] {
  return tf.tidy(() => {
    const drop = (tensor: tf.Tensor, index: number): tf.Tensor =>
      statelessDropout(tensor, rate, tf.tensor1d([seed + 104729 * index, run], "int32"));
    return Array.isArray(tensors) ? tensors.map(drop) : drop(tensors, 0);
  });
}
