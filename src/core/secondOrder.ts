import * as tf from "@tensorflow/tfjs";
import { ConfigError } from "./errors";

/**
 * Whether a gradient that is computed now is recorded on tfjs' tape, since a gradient of it may be
 * asked for: then it must be made of ops that have gradients, from tensors that are on the tape.
 */
export function asksForMore(): boolean {
  return (tf.engine() as unknown as { isTapeOn(): boolean }).isTapeOn();
}

/**
 * Whether what is computed now is inside two gradients. What a custom gradient saves of its forward
 * pass is a constant to the outer one, so there every op has to stand on the tape itself.
 */
export function isNestedGradient(): boolean {
  const { state } = tf.engine() as unknown as { state: { gradientDepth: number } };
  return state.gradientDepth > 1;
}

/**
 * Refuses a gradient of a gradient that would be silently wrong.
 *
 * @throws ConfigError where one may be asked for
 */
export function refuseSecondOrder(where: string, remedy: string): void {
  if (!asksForMore()) return;
  throw new ConfigError({
    where,
    expected: "a first-order gradient",
    got: "a gradient of its gradient",
    remedy,
  });
}
