import * as tf from "@tensorflow/tfjs";
import "../../core/ops/runAfter";
import { registerNativeOp } from "../../core/ops/registry";

// Adds a zero that depends on a computed value, so that no graph optimiser can remove it.
const native = <T extends tf.Tensor>(x: T, after: tf.Tensor): T =>
  tf.tidy(() => {
    const first = tf.slice(tf.reshape(after, [-1]), [0], [1]);
    const zero = tf.reshape(tf.cast(tf.less(first, -Infinity), "int32"), []);
    return tf.add<T>(x, zero);
  });

registerNativeOp("runAfter", ["Less", "AddV2"], native);
