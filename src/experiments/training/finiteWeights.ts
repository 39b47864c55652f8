import type * as tf from "@tensorflow/tfjs";
import { DataError } from "../../core/errors";
import { ownedWeights } from "./ownedWeights";
import type { WeightMap } from "../../core/weights/WeightTensor";

/** The first value that is not finite, with the name of its tensor. */
export interface NonFinite {
  readonly name: string;
  readonly value: number;
}

/** Finds the first NaN or infinity in copies of variables; `null` if there is none. */
export function findNonFinite(weights: WeightMap): NonFinite | null {
  for (const [name, { values }] of weights) {
    if (!(values instanceof Float32Array)) continue;
    const value = values.find((each) => !Number.isFinite(each));
    if (value !== undefined) return { name, value };
  }
  return null;
}

/** The name `layer/weight` of a weight, from its name in `modelVariables`. */
export function layerOf(model: tf.LayersModel, name: string): string {
  const weight = model.weights.at(Number.parseInt(name, 10));
  // A layer that exists only in training.
  if (weight === undefined || !/^\d/.test(name)) return name;
  const found = [...ownedWeights(model)].find(([, own]) => own === weight);
  return found?.[0] ?? weight.originalName;
}

/** @throws DataError that names the layer and weight of the first value that is not finite */
export function expectFiniteWeights(
  where: string,
  model: tf.LayersModel,
  weights: WeightMap,
  remedy: string,
): void {
  const found = findNonFinite(weights);
  if (found === null) return;
  throw new DataError({
    where: `${where}, weight "${layerOf(model, found.name)}" of "${model.name}"`,
    expected: "finite values",
    got: String(found.value),
    remedy,
  });
}
