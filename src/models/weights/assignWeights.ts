import * as tf from "@tensorflow/tfjs";
import { renumberAutomaticNames } from "../../core/automaticNames";
import { DataError } from "../../core/errors";
import { formatShape } from "../../core/shapes";
import { nearestName } from "../../core/unknownOptions";
import type { WeightMap, WeightTensor } from "../../core/weights/WeightTensor";

/** The location of one of our weights in a foreign file. */
export interface ForeignWeight {
  readonly name: string;
  /** Axes of the file's tensor in our order: `[2, 3, 1, 0]` turns OIHW into HWIO. */
  readonly axes?: readonly number[];
}

/** How a file names the weights of a model. */
export interface WeightNames {
  /** The file's name in messages. */
  readonly label: string;
  /** The file's name for one of ours, e.g. `encoder0/block/conv1/kernel`. */
  foreign(ownName: string): ForeignWeight;
  /** Whether the file has this weight of ours; default all. The others are left unchanged. */
  covers?(ownName: string): boolean;
  /** Converts the file's tensors to those that `foreign` names, if they differ. */
  prepare?(tensors: WeightMap): WeightMap;
  /** Whether a tensor of the file may be unused, e.g. a step counter. */
  mayIgnore?(foreignName: string): boolean;
}

/** Our own names, without reordering axes. */
export const ownNames: WeightNames = {
  label: "layerbook",
  foreign: (name) => ({ name }),
};

/**
 * Renumbers tfjs' per-process name counters from 1, so that a second model in a process has the same
 * names as the first one when it was saved.
 */
const canonical = (names: WeightNames, all: Iterable<string>): Map<string, string> =>
  names === ownNames ? renumberAutomaticNames(all) : new Map([...all].map((name) => [name, name]));

const originalNames = (model: tf.LayersModel): string[] =>
  model.weights.map(({ originalName }) => originalName);

const layersOf = (model: tf.LayersModel): string[] => [
  ...new Set(originalNames(model).map((name) => name.slice(0, name.lastIndexOf("/")))),
];

const inverseOf = (axes: readonly number[]): number[] => axes.map((_, axis) => axes.indexOf(axis));

/** The shape that the file's tensor must have. */
function foreignShape(shape: readonly number[], axes?: readonly number[]): number[] {
  return axes === undefined ? [...shape] : inverseOf(axes).map((axis) => shape[axis]);
}

const coveredWeights = (model: tf.LayersModel, names: WeightNames): tf.LayerVariable[] =>
  model.weights.filter(({ originalName }) => names.covers?.(originalName) !== false);

/** A remedy that lists the file's names for a missing tensor. */
function otherNames(name: string, given: Iterable<string>): { remedy?: string } {
  const all = [...given];
  const nearest = nearestName(name, all);
  if (nearest !== null) return { remedy: `Did you mean "${nearest}"?` };
  if (all.length === 0) return {};
  const shown = all.slice(0, 5).join(", ");
  return { remedy: `The file has ${shown}${all.length > 5 ? ` and ${all.length - 5} more` : ""}.` };
}

function permuted(tensor: tf.Tensor, axes?: readonly number[]): tf.Tensor {
  return axes === undefined ? tensor : tf.transpose(tensor, [...axes]);
}

/**
 * Loads a file's tensors into a model's weights. All tensors are checked before the first one is
 * written.
 *
 * @param model a built model
 * @param tensors by the file's names
 * @param names how the file names them; default our own names
 * @throws DataError naming the first tensor that is missing, of another shape, or extra
 * @example
 * const make = (seed: number) =>
 *   unet({ inputShape: [8, 8, 1], numClasses: 2, filters: 4, depth: 1, seed });
 * const [one, other] = [make(1), make(2)];
 * assignWeights(other, collectWeights(one));
 * const x = tf.ones([1, 8, 8, 1]);
 * const outputs = [one, other].map((model) => model.predict(x) as tf.Tensor);
 * tf.max(tf.abs(tf.sub(outputs[0], outputs[1]))).arraySync(); // 0
 */
export function assignWeights(
  model: tf.LayersModel,
  tensors: WeightMap,
  names: WeightNames = ownNames,
): void {
  const where = `${names.label} weights for "${model.name}"`;
  const taken = new Set<string>();
  const renamed = canonical(names, originalNames(model));
  const prepared = names.prepare?.(tensors) ?? tensors;
  const filed = canonical(names, prepared.keys());
  const given = new Map([...prepared].map(([name, tensor]) => [filed.get(name) ?? name, tensor]));
  const covered = coveredWeights(model, names);
  if (covered.length === 0 && model.weights.length > 0) {
    throw new DataError({
      where,
      expected: "names of layers that the model has",
      got: "none of them",
      remedy: `Its layers with weights are ${layersOf(model).join(", ")}.`,
    });
  }
  const plan = covered.map((weight) => {
    const own = renamed.get(weight.originalName) ?? weight.originalName;
    const { name, axes } = names.foreign(own);
    const tensor = given.get(name);
    const wanted = foreignShape(weight.shape as number[], axes);
    if (tensor === undefined) {
      throw new DataError({
        where,
        expected: `a tensor "${name}" ${formatShape(wanted)}`,
        got: "none of that name",
        ...otherNames(name, given.keys()),
      });
    }
    if (formatShape(tensor.shape) !== formatShape(wanted)) {
      throw new DataError({
        where: `${where}: tensor "${name}"`,
        expected: formatShape(wanted),
        got: formatShape(tensor.shape),
      });
    }
    taken.add(name);
    return { weight, tensor, axes };
  });
  for (const name of given.keys()) {
    if (!taken.has(name) && names.mayIgnore?.(name) !== true) {
      throw new DataError({
        where,
        expected: `${taken.size} tensors that the model has`,
        got: `an extra one, "${name}"`,
      });
    }
  }
  for (const { weight, tensor, axes } of plan) {
    tf.tidy(() => {
      const { values, shape } = tensor;
      const dtype = weight.dtype === "int32" ? "int32" : "float32";
      const typed = dtype === "int32" ? Int32Array.from(values) : Float32Array.from(values);
      weight.write(permuted(tf.tensor(typed, [...shape], dtype), axes));
    });
  }
}

/**
 * A model's weights as plain numbers, under a file's names and in its order of axes.
 *
 * @param names default our own names
 */
export function collectWeights(
  model: tf.LayersModel,
  names: WeightNames = ownNames,
): Map<string, WeightTensor> {
  const renamed = canonical(names, originalNames(model));
  return new Map(
    coveredWeights(model, names).map((weight) => {
      const own = renamed.get(weight.originalName) ?? weight.originalName;
      const { name, axes } = names.foreign(own);
      const turned = permuted(weight.read(), axes && inverseOf(axes));
      const values = turned.dataSync().slice() as Float32Array | Int32Array;
      if (axes !== undefined) turned.dispose();
      return [name, { shape: [...turned.shape], values }];
    }),
  );
}
