import * as tf from "@tensorflow/tfjs";

/**
 * Moves averages towards the weights: `average = momentum · average + (1 − momentum) · weight`. The
 * first step takes the weights as they are, as Keras does.
 *
 * @param steps scalar: the steps before this one
 * @param useWarmup lets the momentum rise as `(1 + steps) / (10 + steps)` up to its value, so that a
 *   short training's averages are not held back by its first weights
 */
export function updateAverages(
  averages: readonly tf.Variable[],
  weights: readonly tf.Variable[],
  steps: tf.Tensor,
  momentum: number,
  useWarmup: boolean,
): void {
  tf.tidy(() => {
    const rising = tf.div(tf.add(steps, 1), tf.add(steps, 10));
    const most = useWarmup ? tf.minimum(rising, momentum) : tf.scalar(momentum);
    const kept = tf.where(tf.equal(steps, 0), tf.scalar(0), most);
    averages.forEach((average, index) => {
      const weight = weights[index];
      average.assign(tf.add(weight, tf.mul(tf.sub(average, weight), kept)));
    });
  });
}

/** Exchanges the values of weights and averages. */
export function swapValues(
  averages: readonly tf.Variable[],
  weights: readonly tf.Variable[],
): void {
  tf.tidy(() => {
    averages.forEach((average, index) => {
      const value = average.clone();
      average.assign(weights[index]);
      weights[index].assign(value);
    });
  });
}
