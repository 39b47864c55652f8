import * as tf from "@tensorflow/tfjs";
import { NumericsError } from "../errors";
import { defineOp } from "./registry";

/**
 * Reads a tensor back and checks its values.
 *
 * @throws NumericsError if it contains NaN or infinity
 */
export function checkEagerly<T extends tf.Tensor>(x: T, label: string): T {
  const bad = Array.from(x.dataSync()).find((value) => !Number.isFinite(value));
  if (bad === undefined) return x.clone();
  throw new NumericsError({ where: label, expected: "finite numbers", got: String(bad) });
}

const check = defineOp("checkNumerics", checkEagerly);

/**
 * Returns `x`, or throws if it contains NaN or infinity; whatever uses the result runs after the
 * check. In a recorded function the error names the op and the layer that made `x`, and no variable
 * has been written. A convolution with ReLU turns NaN into 0, so check before it.
 *
 * @param x float32, any shape
 * @param label the tensor's name in the message
 * @returns `x`; the result may be ignored
 * @throws NumericsError
 * @example
 * checkNumerics(tf.tensor1d([1, 2]), "logits").arraySync(); // [1, 2]
 */
export function checkNumerics<T extends tf.Tensor>(x: T, label = "checkNumerics"): T {
  return tf.customGrad((input) => ({
    value: check(input as T, label),
    gradFunc: (dy: tf.Tensor) => dy,
  }))(x) as T;
}
