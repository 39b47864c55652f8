/** One validation example with the model's prediction. */
export interface ScoredExample {
  readonly id: string;
  /** Class indices, `[...space]`; one for classification. */
  readonly labels: Int32Array;
  /** The most likely classes, in the same shape. */
  readonly predicted: Int32Array;
  /** Scores before softmax, `[...space, classes]`. */
  readonly logits: Float32Array;
  /** `[...space]`; `[]` for classification. */
  readonly shape: readonly number[];
  readonly numClasses: number;
}

/**
 * Computes a number for one validation example, or `null` if it is undefined, e.g. the Dice of a class
 * that the example does not have. After each epoch `fit` records the mean of those that are not `null`.
 *
 * @example
 * const example = { id: "a", labels: Int32Array.of(0, 1, 1), predicted: Int32Array.of(0, 1, 0) };
 * const rest = { logits: new Float32Array(6), shape: [3], numClasses: 2 };
 * labelAccuracy({ ...example, ...rest })?.toFixed(3); // "0.667"
 */
export type FitMetric = (example: ScoredExample) => number | null;

/** A {@link FitMetric}: the fraction of labels that are predicted correctly. */
export const labelAccuracy: FitMetric = ({ labels, predicted }) => {
  let right = 0;
  for (let index = 0; index < labels.length; index++) {
    if (labels[index] === predicted[index]) right++;
  }
  return right / labels.length;
};

/** The mean of the values that are not `null`; `null` if there are none. */
export function meanOf(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : known.reduce((sum, value) => sum + value, 0) / known.length;
}
