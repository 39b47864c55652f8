import * as tf from "@tensorflow/tfjs";

/**
 * Whether a gradient that is computed now is recorded on tfjs' tape, since a gradient of it may be
 * asked for: then it must be made of ops that have gradients.
 */
export function asksForMore(): boolean {
  return (tf.engine() as unknown as { isTapeOn(): boolean }).isTapeOn();
}
