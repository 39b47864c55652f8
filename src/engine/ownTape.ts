import * as tf from "@tensorflow/tfjs";

/**
 * Runs what takes gradients while a gradient is being computed: tfjs would clear the tape that it is
 * walking.
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
