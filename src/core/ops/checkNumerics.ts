import * as tf from "@tensorflow/tfjs";
import { NumericsError } from "../errors";
import { defineOp } from "./registry";

/**
 * Reads a tensor back and looks.
 *
 * @throws NumericsError where it holds NaN or infinity
 */
export function checkEagerly<T extends tf.Tensor>(x: T, label: string): T {
  const bad = Array.from(x.dataSync()).find((value) => !Number.isFinite(value));
  if (bad === undefined) return x.clone();
  throw new NumericsError({ where: label, expected: "finite numbers", got: String(bad) });
}

const check = defineOp("checkNumerics", checkEagerly);

/**
 * `x` itself, which throws where it holds NaN or infinity; what is computed from `x` waits for it. In
 * a recorded function the error names the op and the layer that made `x`, and no variable has been
 * written. A convolution with ReLU turns NaN into 0, so check before it.
 *
 * @param x float32, any shape
 * @param label where it stands, for the message
 * @returns `x`; use it, or the check alone
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
