import * as tf from "@tensorflow/tfjs";

/**
 * Runs a function that computes gradients inside another gradient computation, on a separate tape:
 * tfjs would otherwise clear the tape that it is traversing.
 */
export function onOwnTape<T>(body: () => T): T {
  const { state } = tf.engine() as unknown as { state: { activeTape: unknown } };
  const { activeTape } = state;
  try {
    return body();
  } finally {
    state.activeTape = activeTape;
  }
}
