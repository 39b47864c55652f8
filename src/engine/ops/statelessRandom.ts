import * as tf from "@tensorflow/tfjs";
import "../../core/ops/statelessRandom";
import { registerNativeOp } from "../../core/ops/registry";
import { attr, rawOp } from "../rawOp";

const native = (tensorflowOp: string) => (shape: number[], seed: tf.Tensor1D) =>
  tf.tidy(() =>
    rawOp(
      tensorflowOp,
      [attr.type("dtype", "float32"), attr.type("T", "int32"), attr.type("Tseed", "int32")],
      [tf.tensor1d(shape, "int32"), seed],
    ),
  );

registerNativeOp("statelessUniform", ["StatelessRandomUniform"], native("StatelessRandomUniform"));
registerNativeOp("statelessNormal", ["StatelessRandomNormal"], native("StatelessRandomNormal"));
