import * as tf from "@tensorflow/tfjs";
import { ConfigError } from "./errors";

/**
 * Whether the gradient being computed is itself recorded on tfjs' tape because it may be
 * differentiated again: then it must consist of ops that have gradients, applied to tensors on the
 * tape.
 */
export function mayDifferentiateAgain(): boolean {
  return (tf.engine() as unknown as { isTapeOn(): boolean }).isTapeOn();
}

/**
 * Whether the current computation is inside two nested gradients. Tensors that a custom gradient saves
 * in its forward pass are constants to the outer gradient, so there every op must be on the tape
 * itself.
 */
export function isNestedGradient(): boolean {
  const { state } = tf.engine() as unknown as { state: { gradientDepth: number } };
  return state.gradientDepth > 1;
}

/**
 * Rejects a second-order gradient that would be silently wrong.
 *
 * @throws ConfigError if one may be computed
 */
export function rejectSecondOrder(where: string, remedy: string): void {
  if (!mayDifferentiateAgain()) return;
  throw new ConfigError({
    where,
    expected: "a first-order gradient",
    got: "a second-order gradient",
    remedy,
  });
}
