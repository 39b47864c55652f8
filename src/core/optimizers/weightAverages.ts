import * as tf from "@tensorflow/tfjs";

/**
 * Moves averages towards the weights: `average = momentum · average + (1 − momentum) · weight`. The
 * first step copies the weights, as Keras does.
 *
 * @param steps scalar: number of steps before this one
 * @param useWarmup raises the momentum as `(1 + steps) / (10 + steps)` up to its value, so that the
 * first weights do not dominate the averages of a short training
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
