import * as tf from "@tensorflow/tfjs";
import { batchNormInference, batchNormTraining } from "../../core/ops/batchNorm";
import type {
  BatchNormOptions,
  BatchNormParameters,
  BatchNormResult,
} from "../../core/ops/batchNorm";
import { registerNativeOp, withCompositeOps } from "../../core/ops/registry";
import type { OpAttr } from "../binding";
import { attr, rawOps } from "../rawOp";
import { mayDifferentiateAgain } from "../../core/secondOrder";

function attributes(epsilon: number, isTraining: boolean): OpAttr[] {
  return [
    attr.type("T", "float32"),
    attr.type("U", "float32"),
    attr.float("epsilon", epsilon),
    attr.bool("is_training", isTraining),
  ];
}

/** Normalises; one fused op computes the gradients of `x`, `gamma` and `beta`. */
function normalise(
  x: tf.Tensor4D,
  { gamma, beta, movingMean, movingVariance }: BatchNormParameters,
  attrs: readonly OpAttr[],
  gradientAttrs: readonly OpAttr[],
  isTraining: boolean,
  composite: (x: tf.Tensor4D, parameters: BatchNormParameters) => tf.Tensor,
): { output: tf.Tensor4D; statistics: tf.Tensor1D[] } {
  let statistics: tf.Tensor1D[] = [];
  // Second-order gradients use tfjs' ops, which are differentiable.
  const compositeGradients = (saved: tf.Tensor[], dy: tf.Tensor): tf.Tensor[] => {
    const [image, scale, offset, mean, variance] = saved;
    const statistics = { movingMean: mean as tf.Tensor1D, movingVariance: variance as tf.Tensor1D };
    const forward = (input: tf.Tensor, gamma: tf.Tensor, beta: tf.Tensor): tf.Tensor =>
      composite(input as tf.Tensor4D, {
        gamma: gamma as tf.Tensor1D,
        beta: beta as tf.Tensor1D,
        ...statistics,
      });
    return withCompositeOps(() => tf.grads(forward)([image, scale, offset], dy));
  };
  const fused = tf.customGrad((input, scale, offset, save) => {
    const inputs = [input, scale, offset].map((tensor) => tensor as tf.Tensor);
    const [value, mean, variance, ...reserved] = rawOps(
      "FusedBatchNormV3",
      attrs,
      [...inputs, movingMean, movingVariance],
      6,
    );
    statistics = [tf.keep(mean), tf.keep(variance)] as tf.Tensor1D[];
    (save as tf.GradSaveFunc)([...inputs, movingMean, movingVariance, ...reserved]);
    const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]): tf.Tensor[] => {
      if (mayDifferentiateAgain()) return compositeGradients(saved.slice(0, 5), dy);
      // As TensorFlow's own gradient does: in inference its CPU kernel leaves the first two of the op's
      // reserved outputs unset.
      const [statisticsOfBatch, reserved3] = [saved.slice(5, 7), saved.slice(7)];
      const used = isTraining ? statisticsOfBatch : saved.slice(3, 5);
      const given = [dy, saved[0], saved[1], ...used, ...reserved3];
      return rawOps("FusedBatchNormGradV3", gradientAttrs, given, 5).slice(0, 3);
    };
    return { value, gradFunc };
  });
  return { output: fused(x, gamma, beta) as tf.Tensor4D, statistics };
}

function nativeTraining(
  x: tf.Tensor4D,
  parameters: BatchNormParameters,
  { epsilon, momentum }: BatchNormOptions,
): BatchNormResult {
  // The op updates the running statistics itself; its gradient op does not have this attribute.
  const base = attributes(epsilon, true);
  const attrs = [...base, attr.float("exponential_avg_factor", 1 - momentum)];
  const composite = (input: tf.Tensor4D, given: BatchNormParameters): tf.Tensor =>
    batchNormTraining(input, given, { epsilon, momentum }).output;
  const { output, statistics } = normalise(x, parameters, attrs, base, true, composite);
  return { output, movingMean: statistics[0], movingVariance: statistics[1] };
}

function nativeInference(
  x: tf.Tensor4D,
  parameters: BatchNormParameters,
  epsilon: number,
): tf.Tensor4D {
  const attrs = attributes(epsilon, false);
  const composite = (input: tf.Tensor4D, given: BatchNormParameters): tf.Tensor =>
    batchNormInference(input, given, epsilon);
  const { output, statistics } = normalise(x, parameters, attrs, attrs, false, composite);
  tf.dispose(statistics);
  return output;
}

const tensorflowOps = ["FusedBatchNormV3", "FusedBatchNormGradV3"];
registerNativeOp("batchNormTraining", tensorflowOps, nativeTraining);
registerNativeOp("batchNormInference", tensorflowOps, nativeInference);
