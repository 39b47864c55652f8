import { ConfigError } from "../../core/errors";
import { nearestName } from "../../core/unknownOptions";
import type { WeightMap, WeightTensor } from "../../core/weights/WeightTensor";
import type { ForeignWeight, WeightNames } from "./assignWeights";

/** The kinds of layers that {@link kerasLayerNames} and {@link torchLayerNames} support. */
export type NamedLayerKind =
  "batchNormalization" | "convolution" | "dense" | "layerNormalization" | "lstm";

/** One layer of a file. */
export interface NamedLayer {
  readonly kind: NamedLayerKind;
  /** Where it stands in the file: Keras `layers/dense_1`, PyTorch `encoder.0.conv1`. */
  readonly place: string;
  /** Axes of space of a `"convolution"`; default 2. */
  readonly spatialDims?: 1 | 2 | 3;
}

/** Our weight's role to its index in Keras' `vars`. */
const KERAS: Readonly<Record<NamedLayerKind, readonly string[]>> = {
  dense: ["kernel", "bias"],
  convolution: ["kernel", "bias"],
  layerNormalization: ["gamma", "beta"],
  batchNormalization: ["gamma", "beta", "moving_mean", "moving_variance"],
  lstm: ["kernel", "recurrent_kernel", "bias"],
};

const NORMALIZATION = { gamma: "weight", beta: "bias" };
const TORCH: Readonly<Record<NamedLayerKind, Readonly<Record<string, string>>>> = {
  dense: { kernel: "weight", bias: "bias" },
  convolution: { kernel: "weight", bias: "bias" },
  layerNormalization: NORMALIZATION,
  batchNormalization: {
    ...NORMALIZATION,
    moving_mean: "running_mean",
    moving_variance: "running_var",
  },
  // One bias where PyTorch has two: see joinTorchLstmBiases.
  lstm: {
    kernel: "weight_ih_l0",
    recurrent_kernel: "weight_hh_l0",
    bias: "bias_l0",
  },
};

/** PyTorch's axes in our order: `[out, in, …space]` → `[…space, in, out]`. */
function torchAxes({ kind, spatialDims = 2 }: NamedLayer, role: string): number[] | undefined {
  if (role !== "kernel" && role !== "recurrent_kernel") return undefined;
  const space = kind === "convolution" ? spatialDims : 0;
  return [...Array.from({ length: space }, (_, axis) => axis + 2), 1, 0];
}

function namesOf(
  label: string,
  layers: Readonly<Record<string, NamedLayer>>,
  place: (layer: NamedLayer, role: string) => ForeignWeight | null,
): WeightNames {
  const parse = (ownName: string): [string, string] => {
    const at = ownName.lastIndexOf("/");
    return [ownName.slice(0, at), ownName.slice(at + 1)];
  };
  const kinds = Object.keys(KERAS);
  for (const [name, { kind }] of Object.entries(layers)) {
    if (kinds.includes(kind)) continue;
    const nearest = nearestName(kind, kinds);
    throw new ConfigError({
      where: `${label} layer "${name}"`,
      expected: `one of ${kinds.join(", ")}`,
      got: JSON.stringify(kind),
      ...(nearest === null ? {} : { remedy: `Did you mean "${nearest}"?` }),
    });
  }
  return {
    label,
    covers: (ownName) => Object.hasOwn(layers, parse(ownName)[0]),
    foreign(ownName) {
      const [layer, role] = parse(ownName);
      const found = Object.hasOwn(layers, layer) ? place(layers[layer], role) : null;
      if (found !== null) return found;
      throw new ConfigError({
        where: `${label} names`,
        expected: "a weight of a named layer",
        got: `"${ownName}"`,
      });
    },
    mayIgnore: (name) => name.endsWith("num_batches_tracked") || name.startsWith("optimizer/"),
  };
}

/**
 * How a Keras 3 `.weights.h5` file names the weights of layers.
 *
 * @param layers our layer's name to its kind and place, e.g.
 *   `{ head: { kind: "dense", place: "layers/dense_1" } }`; others keep their values
 * @throws ConfigError for a kind that it does not know
 * @example
 * const names = kerasLayerNames({ head: { kind: "dense", place: "layers/dense_1" } });
 * names.foreign("head/bias").name; // "layers/dense_1/vars/1"
 */
export function kerasLayerNames(layers: Readonly<Record<string, NamedLayer>>): WeightNames {
  return namesOf("Keras", layers, ({ kind, place }, role) => {
    const index = KERAS[kind].indexOf(role);
    // Keras keeps the weights of an LSTM in its cell.
    const isLayer = kind === "lstm" && !place.endsWith("/cell");
    return index < 0 ? null : { name: `${place}${isLayer ? "/cell" : ""}/vars/${index}` };
  });
}

/**
 * How a PyTorch state dict (in a safetensors file) names the weights of layers.
 *
 * @param layers our layer's name to its kind and place, e.g.
 *   `{ stem: { kind: "convolution", place: "features.0" } }`; others keep their values
 * @throws ConfigError for a kind that it does not know
 * @example
 * const names = torchLayerNames({ stem: { kind: "convolution", place: "features.0" } });
 * names.foreign("stem/kernel"); // { name: "features.0.weight", axes: [2, 3, 1, 0] }
 */
export function torchLayerNames(layers: Readonly<Record<string, NamedLayer>>): WeightNames {
  const names = namesOf("PyTorch", layers, (layer, role) => {
    const name = TORCH[layer.kind][role] as string | undefined;
    if (name === undefined) return null;
    const axes = torchAxes(layer, role);
    return {
      name: `${layer.place}.${name}`,
      ...(axes === undefined ? {} : { axes }),
    };
  });
  return { ...names, prepare: joinTorchLstmBiases };
}

/**
 * Replaces the two biases of PyTorch's LSTM, `bias_ih_l0` and `bias_hh_l0`, by their sum `bias_l0`:
 * PyTorch only ever adds them, and Keras has one bias. {@link torchLayerNames} does this
 * automatically.
 *
 * @param tensors of a state dict
 * @returns the same tensors except for the biases
 */
export function joinTorchLstmBiases(tensors: WeightMap): Map<string, WeightTensor> {
  const joined = new Map(tensors);
  for (const [name, first] of tensors) {
    if (!name.endsWith("bias_ih_l0")) continue;
    const prefix = name.slice(0, -"bias_ih_l0".length);
    const second = tensors.get(`${prefix}bias_hh_l0`);
    if (second === undefined) continue;
    const values = Float32Array.from(
      first.values,
      (value, i) => Number(value) + Number(second.values[i]),
    );
    joined.set(`${prefix}bias_l0`, { shape: first.shape, values });
    joined.delete(name);
    joined.delete(`${prefix}bias_hh_l0`);
  }
  return joined;
}
