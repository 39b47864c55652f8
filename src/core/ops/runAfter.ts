import type * as tf from "@tensorflow/tfjs";
import { defineOp } from "./registry";

/**
 * `x`, but in a recorded graph not before `after` is there. A graph runs all that is ready at once,
 * so that steps of one loop hold their memory together; a step that takes its input through this
 * waits for the one before. Eager steps run one by one anyway, and the composite form is `x` itself.
 *
 * @param x int32, any shape
 * @param after float32, any shape
 */
export const runAfter = defineOp("runAfter", <T extends tf.Tensor>(x: T, _after: tf.Tensor): T =>
  x.clone(),
);
