import type * as tf from "@tensorflow/tfjs";
import { ConfigError } from "../errors";
import { rejectUnknownOptions } from "../unknownOptions";

/** Weights with separate training settings, such as an encoder that is fine-tuned slowly. */
export interface ParameterGroup {
  /** Selects the group's weights: a part of their name (`"encoder"`), a pattern, or a predicate. */
  readonly weights: string | RegExp | ((name: string, weight: tf.Variable) => boolean);
  /** Multiplies the learning rate; 0 leaves the weights as they are. Default 1. */
  readonly learningRateFactor?: number;
  /** Replaces the optimizer's weight decay for every weight of the group, including biases. */
  readonly weightDecay?: number;
}

/** How one weight is trained. */
export interface WeightSettings {
  readonly learningRateFactor: number;
  readonly weightDecay: number;
}

function isIn({ weights }: ParameterGroup, weight: tf.Variable): boolean {
  if (typeof weights === "function") return weights(weight.name, weight);
  return typeof weights === "string" ? weight.name.includes(weights) : weights.test(weight.name);
}

/** Rejects groups with invalid numbers. */
export function checkGroups(groups: readonly ParameterGroup[]): void {
  groups.forEach((group, index) => {
    const where = `optimizer.groups[${index}]`;
    rejectUnknownOptions(where, group, ["weights", "learningRateFactor", "weightDecay"]);
    for (const name of ["learningRateFactor", "weightDecay"] as const) {
      const value = group[name];
      if (value === undefined || (value >= 0 && Number.isFinite(value))) continue;
      throw new ConfigError({
        where: `${where}.${name}`,
        expected: "a number of at least 0",
        got: String(value),
      });
    }
  });
}

/**
 * The settings of each weight: those of the first group that matches it, or else the common weight
 * decay, which skips biases, scales and offsets (rank 1).
 *
 * @throws ConfigError for a group that matches no weight, whose name is probably misspelt
 */
export function settingsOf(
  weights: readonly tf.Variable[],
  groups: readonly ParameterGroup[],
  weightDecay: number,
): WeightSettings[] {
  groups.forEach((group, index) => {
    if (weights.some((weight) => isIn(group, weight))) return;
    throw new ConfigError({
      where: `optimizer.groups[${index}].weights`,
      expected: `text that occurs in the name of a weight, such as "${weights[0]?.name ?? ""}"`,
      got: String(group.weights),
    });
  });
  return weights.map((weight) => {
    const group = groups.find((one) => isIn(one, weight));
    return {
      learningRateFactor: group?.learningRateFactor ?? 1,
      weightDecay: group?.weightDecay ?? (weight.rank > 1 ? weightDecay : 0),
    };
  });
}
