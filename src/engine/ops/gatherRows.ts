import * as tf from "@tensorflow/tfjs";
import "../../core/ops/gatherRows";
import { registerNativeOp } from "../../core/ops/registry";
import { attr, rawOp } from "../rawOp";

// Gathering rows and scatter-adding them are linear, and each is the gradient of the other.
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
        addRows(dy, places as tf.Tensor1D, rows);
      return { value, gradFunc };
    });
    return gather(x) as tf.Tensor2D;
  });

function addRows(dy: tf.Tensor, places: tf.Tensor1D, rows: number): tf.Tensor {
  return tf.tidy(() =>
    tf.customGrad((gradient, save) => {
      (save as tf.GradSaveFunc)([places]);
      const value = rawOp(
        "UnsortedSegmentSum",
        [
          attr.type("T", dy.dtype),
          attr.type("Tindices", "int32"),
          attr.type("Tnumsegments", "int32"),
        ],
        [gradient as tf.Tensor, places, tf.scalar(rows, "int32")],
      );
      const gradFunc = (g: tf.Tensor, [saved]: tf.Tensor[]): tf.Tensor =>
        native(g as tf.Tensor2D, saved as tf.Tensor1D);
      return { value, gradFunc };
    })(dy),
  );
}

registerNativeOp("gatherRows", ["GatherV2", "UnsortedSegmentSum"], native);
