import * as tf from "@tensorflow/tfjs";
import "../../core/ops/batchNorm";
import type {
  BatchNormOptions,
  BatchNormParameters,
  BatchNormResult,
} from "../../core/ops/batchNorm";
import { registerNativeOp } from "../../core/ops/registry";
import type { OpAttr } from "../binding";
import { attr, rawOps } from "../rawOp";

function attributes(epsilon: number, isTraining: boolean): OpAttr[] {
  return [
    attr.type("T", "float32"),
    attr.type("U", "float32"),
    attr.float("epsilon", epsilon),
    attr.bool("is_training", isTraining),
  ];
}

/** Normalises; the gradient goes to `x`, `gamma` and `beta` in one fused op. */
function normalise(
  x: tf.Tensor4D,
  { gamma, beta, movingMean, movingVariance }: BatchNormParameters,
  attrs: readonly OpAttr[],
  gradientAttrs: readonly OpAttr[],
): { output: tf.Tensor4D; statistics: tf.Tensor1D[] } {
  let statistics: tf.Tensor1D[] = [];
  const fused = tf.customGrad((input, scale, offset, save) => {
    const inputs = [input, scale, offset].map((tensor) => tensor as tf.Tensor);
    const [value, mean, variance, ...reserved] = rawOps(
      "FusedBatchNormV3",
      attrs,
      [...inputs, movingMean, movingVariance],
      6,
    );
    statistics = [tf.keep(mean), tf.keep(variance)] as tf.Tensor1D[];
    (save as tf.GradSaveFunc)([inputs[0], inputs[1], ...reserved]);
    const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]): tf.Tensor[] =>
      rawOps("FusedBatchNormGradV3", gradientAttrs, [dy, ...saved], 5).slice(0, 3);
    return { value, gradFunc };
  });
  return { output: fused(x, gamma, beta) as tf.Tensor4D, statistics };
}

function nativeTraining(
  x: tf.Tensor4D,
  parameters: BatchNormParameters,
  { epsilon, momentum }: BatchNormOptions,
): BatchNormResult {
  // The op blends the running statistics itself; its gradient has no such attribute.
  const base = attributes(epsilon, true);
  const attrs = [...base, attr.float("exponential_avg_factor", 1 - momentum)];
  const { output, statistics } = normalise(x, parameters, attrs, base);
  return { output, movingMean: statistics[0], movingVariance: statistics[1] };
}

function nativeInference(
  x: tf.Tensor4D,
  parameters: BatchNormParameters,
  epsilon: number,
): tf.Tensor4D {
  const attrs = attributes(epsilon, false);
  const { output, statistics } = normalise(x, parameters, attrs, attrs);
  tf.dispose(statistics);
  return output;
}

const tensorflowOps = ["FusedBatchNormV3", "FusedBatchNormGradV3"];
registerNativeOp("batchNormTraining", tensorflowOps, nativeTraining);
registerNativeOp("batchNormInference", tensorflowOps, nativeInference);
