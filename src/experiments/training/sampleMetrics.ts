/** One validation example with what the model says of it. */
export interface ScoredExample {
  readonly id: string;
  /** Class indices, `[...space]`; one for classification. */
  readonly labels: Int32Array;
  /** The likeliest classes, of the same shape. */
  readonly predicted: Int32Array;
  /** Scores before softmax, `[...space, classes]`. */
  readonly logits: Float32Array;
  /** `[...space]`; `[]` for classification. */
  readonly shape: readonly number[];
  readonly numClasses: number;
}

/**
 * A number for one validation example; `null` where it has none, e.g. the Dice of a class that the
 * example does not have. `fit` records the mean of the others after each epoch.
 *
 * @example
 * const example = { id: "a", labels: Int32Array.of(0, 1, 1), predicted: Int32Array.of(0, 1, 0) };
 * const rest = { logits: new Float32Array(6), shape: [3], numClasses: 2 };
 * labelAccuracy({ ...example, ...rest })?.toFixed(3); // "0.667"
 */
export type FitMetric = (example: ScoredExample) => number | null;

/** The share of labels that are predicted right: a {@link FitMetric}. */
export const labelAccuracy: FitMetric = ({ labels, predicted }) => {
  let right = 0;
  for (let index = 0; index < labels.length; index++) {
    if (labels[index] === predicted[index]) right++;
  }
  return right / labels.length;
};

/** Mean of what there is; `null` of nothing. */
export function meanOf(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : known.reduce((sum, value) => sum + value, 0) / known.length;
}
