import * as tf from "@tensorflow/tfjs";
import "../../core/ops/argsort";
import { registerNativeOp } from "../../core/ops/registry";
import { attr, rawOp, rawOps } from "../rawOp";

// With k = n, TopKV2 sorts each row completely, with rows in parallel.
registerNativeOp("argsortRows", ["Neg", "TopKV2"], (keys: tf.Tensor2D) =>
  tf.tidy(() => {
    const attrs = [attr.type("T", "int32"), attr.type("Tk", "int32"), attr.bool("sorted", true)];
    const [, order] = rawOps(
      "TopKV2",
      [...attrs, attr.type("index_type", "int32")],
      [tf.neg(keys), tf.scalar(keys.shape[1], "int32")],
      2,
    );
    return order as tf.Tensor2D;
  }),
);

registerNativeOp(
  "invertPermutation",
  ["InvertPermutation"],
  (order: tf.Tensor1D) =>
    rawOp("InvertPermutation", [attr.type("T", "int32")], [order]) as tf.Tensor1D,
);
