import type * as tf from "@tensorflow/tfjs";
import { defineOp } from "./registry";

/**
 * Returns `x`, but in a recorded graph only after `after` has been computed. A graph runs every op
 * that is ready, so all steps of a loop would hold their memory at the same time; a step that takes
 * its input through this op waits for the previous one. Eager steps run one by one anyway, so the
 * composite form returns `x`.
 *
 * @param x int32, any shape
 * @param after float32, any shape
 */
export const runAfter = defineOp("runAfter", <T extends tf.Tensor>(x: T, _after: tf.Tensor): T =>
  x.clone(),
);
