import * as tf from "@tensorflow/tfjs";
import { relu } from "../../core/ops/relu";

/** Activations between two dense layers; Keras names. */
export type Activation = "gelu" | "relu" | "silu";

export const ACTIVATIONS: readonly Activation[] = ["gelu", "relu", "silu"];

/** The activation of a name; `gelu` is the exact one, `x · Φ(x)`. */
export function activate(x: tf.Tensor, activation: Activation): tf.Tensor {
  switch (activation) {
    case "gelu":
      return tf.tidy(() => tf.mul(x, tf.mul(tf.add(tf.erf(tf.mul(x, Math.SQRT1_2)), 1), 0.5)));
    case "relu":
      return relu(x);
    case "silu":
      return tf.tidy(() => tf.mul(x, tf.sigmoid(x)));
  }
}
