import * as tf from "@tensorflow/tfjs";
import "../../core/ops/gatherRows";
import { registerNativeOp } from "../../core/ops/registry";
import { attr, rawOp } from "../rawOp";

const native = (x: tf.Tensor2D, indices: tf.Tensor1D): tf.Tensor2D =>
  tf.tidy(() => {
    const gather = tf.customGrad((input, save) => {
      const [matrix, axis] = [input as tf.Tensor2D, tf.scalar(0, "int32")];
      const [rows] = matrix.shape;
      (save as tf.GradSaveFunc)([indices]);
      const value = rawOp(
        "GatherV2",
        [
          attr.type("Tparams", matrix.dtype),
          attr.type("Tindices", "int32"),
          attr.type("Taxis", "int32"),
          attr.int("batch_dims", 0),
        ],
        [matrix, indices, axis],
      );
      const gradFunc = (dy: tf.Tensor, [places]: tf.Tensor[]): tf.Tensor =>
        tf.tidy(() =>
          rawOp(
            "UnsortedSegmentSum",
            [
              attr.type("T", dy.dtype),
              attr.type("Tindices", "int32"),
              attr.type("Tnumsegments", "int32"),
            ],
            [dy, places, tf.scalar(rows, "int32")],
          ),
        );
      return { value, gradFunc };
    });
    return gather(x) as tf.Tensor2D;
  });

registerNativeOp("gatherRows", ["GatherV2", "UnsortedSegmentSum"], native);
