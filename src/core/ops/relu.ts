import * as tf from "@tensorflow/tfjs";
import { defineOp } from "./registry";

/**
 * `max(x, 0)`. The native form's gradient is one fused op; tfjs' own is a step function and a
 * multiplication.
 *
 * @param x any shape
 * @example
 * relu(tf.tensor1d([-1, 0, 2])).arraySync(); // [0, 0, 2]
 */
export const relu = defineOp("relu", <T extends tf.Tensor>(x: T): T => tf.relu(x));
