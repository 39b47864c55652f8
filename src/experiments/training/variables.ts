import * as tf from "@tensorflow/tfjs";
import { ConfigError, DataError } from "../../core/errors";
import { recurrentSeedVariables } from "../../core/recurrentSeeds";
import { recurrentStateVariables } from "../../core/recurrentStates";
import { formatShape } from "../../core/shapes";
import type { WeightTensor, WeightMap } from "../../core/weights/WeightTensor";

/** Variables by names that are the same in every process. */
export type NamedVariables = ReadonlyMap<string, tf.Variable>;

/**
 * A model's weights, batch statistics, random and recurrent states by position and role: `"0003/kernel"`.
 *
 * tfjs numbers layers and variables per process, so their own names depend on what was built before; the
 * position does not.
 */
export function modelVariables(model: tf.LayersModel): NamedVariables {
  const weights = model.weights.map((weight, index): readonly [string, tf.Variable] => {
    const variable = weight.read();
    if (!(variable instanceof tf.Variable)) {
      throw new ConfigError({
        where: `modelVariables(${model.name}).${weight.originalName}`,
        expected: "a variable",
        got: "a constant",
      });
    }
    const place = String(index).padStart(4, "0");
    const role = weight.originalName.split("/").at(-1) ?? "";
    return [`${place}/${role}`, variable];
  });
  const seeds = recurrentSeedVariables(model).map(
    (variable, index) => [`recurrentDropout${index}`, variable] as const,
  );
  const states = recurrentStateVariables(model).map(
    (variable, index) => [`recurrentState${index}`, variable] as const,
  );
  return new Map([...weights, ...seeds, ...states]);
}

/** Copies of the variables' values. */
export function readVariables(variables: NamedVariables): WeightMap {
  return new Map(
    [...variables].map(([name, variable]): [string, WeightTensor] => {
      const values = variable.dataSync();
      return [
        name,
        {
          shape: variable.shape,
          values: values instanceof Int32Array ? values.slice() : Float32Array.from(values),
        },
      ];
    }),
  );
}

/**
 * Restores values from {@link readVariables}.
 *
 * @param where the file's name, for messages
 * @throws DataError that names the first variable that is missing, extra or of another shape; nothing is
 *   changed then
 */
export function writeVariables(where: string, variables: NamedVariables, tensors: WeightMap): void {
  const invalid = (expected: string, got: string): DataError =>
    new DataError({ where, expected, got, remedy: "It belongs to another model." });
  for (const [name, variable] of variables) {
    const tensor = tensors.get(name);
    if (tensor === undefined) throw invalid(`a tensor "${name}"`, "none");
    const isSame =
      tensor.shape.length === variable.shape.length &&
      tensor.shape.every((size, axis) => size === variable.shape[axis]);
    if (!isSame) {
      throw invalid(`"${name}" of shape ${formatShape(variable.shape)}`, formatShape(tensor.shape));
    }
  }
  const extra = [...tensors.keys()].find((name) => !variables.has(name));
  if (extra !== undefined) throw invalid("only the model's tensors", `"${extra}" too`);
  tf.tidy(() => {
    for (const [name, variable] of variables) {
      const { values, shape } = tensors.get(name) as WeightTensor;
      const dtype = values instanceof Int32Array ? "int32" : "float32";
      // Copy, since TensorFlow keeps the array that a tensor was made from.
      variable.assign(tf.tensor(values.slice(), [...shape], dtype));
    }
  });
}
