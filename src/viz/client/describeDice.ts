/**
 * The default caption of a prediction: its mean Dice over the classes in the truth, as `caseScores`
 * computes it.
 *
 * Embedded by its source text: it must not refer to anything outside itself.
 *
 * @param labels,truth of the slice's pixels
 * @param classCount excluding the background
 */
export function describeDice(
  labels: ArrayLike<number>,
  truth: ArrayLike<number>,
  classCount: number,
): string {
  const counts = Array.from({ length: classCount + 1 }, () => ({
    both: 0,
    predicted: 0,
    wanted: 0,
  }));
  for (let i = 0; i < labels.length; i++) {
    const [own, other] = [counts[labels[i]], counts[truth[i]]];
    if (own !== undefined) own.predicted++;
    if (other !== undefined) other.wanted++;
    if (own !== undefined && own === other) own.both++;
  }
  const classes = counts.slice(1);
  const scores = classes
    .filter(({ wanted }) => wanted > 0)
    .map(({ both, predicted, wanted }) => (2 * both) / (predicted + wanted));
  if (scores.length > 0) {
    return `Dice ${(scores.reduce((a, b) => a + b, 0) / scores.length).toFixed(2)}`;
  }
  return classes.some(({ predicted }) => predicted > 0)
    ? "truth is empty: a false positive"
    : "truth and prediction are empty";
}
