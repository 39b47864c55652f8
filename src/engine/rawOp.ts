import * as tf from "@tensorflow/tfjs";
import { ConfigError } from "../core/errors";
import { nodeBackend } from "./binding";
import type { OpAttr } from "./binding";
import { attrKind, dtypeNumber } from "./dtypes";
import { mayDifferentiateAgain } from "../core/secondOrder";

/** Builds an attribute: `attr.type("T", "float32")`, `attr.ints("strides", [1, 2, 2, 1])`. */
export const attr = {
  type: (name: string, dtype: tf.DataType): OpAttr => ({
    name,
    type: attrKind.type,
    value: dtypeNumber(dtype),
  }),
  int: (name: string, value: number): OpAttr => ({ name, type: attrKind.int, value }),
  ints: (name: string, value: readonly number[]): OpAttr => ({ name, type: attrKind.int, value }),
  float: (name: string, value: number): OpAttr => ({ name, type: attrKind.float, value }),
  bool: (name: string, value: boolean): OpAttr => ({ name, type: attrKind.bool, value }),
  string: (name: string, value: string): OpAttr => ({ name, type: attrKind.string, value }),
};

/**
 * Runs one TensorFlow op by its name and returns its first output. It has no gradient: wrap it in
 * `tf.customGrad`.
 *
 * @param name as TensorFlow registers it, e.g. `"ReluGrad"`
 * @param attrs type attributes included, see {@link attr}
 */
export function rawOp(
  name: string,
  attrs: readonly OpAttr[],
  inputs: readonly tf.TensorInfo[],
): tf.Tensor {
  return onTape(name, inputs, () => [nodeBackend().executeSingleOutput(name, attrs, inputs)])[0];
}

/** Like {@link rawOp}, for an op with several outputs; the caller disposes (or tidies) each. */
export function rawOps(
  name: string,
  attrs: readonly OpAttr[],
  inputs: readonly tf.TensorInfo[],
  numOutputs: number,
): tf.Tensor[] {
  return onTape(name, inputs, () =>
    nodeBackend().executeMultipleOutputs(name, attrs, inputs, numOutputs),
  );
}

/**
 * Records the op with a gradient that throws: without it, the op would count as a constant on the
 * tape.
 */
function onTape(
  name: string,
  inputs: readonly tf.TensorInfo[],
  forward: () => tf.Tensor[],
): tf.Tensor[] {
  if (!mayDifferentiateAgain()) return forward();
  const outputs = forward();
  // Indices and comparisons have no gradient and are correctly treated as constants.
  if (outputs.every(({ dtype }) => dtype !== "float32")) return outputs;
  const tensors = inputs.filter((input) => input instanceof tf.Tensor);
  const throwNoGradient = (): never => {
    throw new ConfigError({
      where: "tf.grad",
      expected: "ops that have a gradient",
      got: `TensorFlow's ${name}`,
      remedy: "Take this gradient inside withCompositeOps(() => …).",
    });
  };
  const { runKernelFunc } = tf.engine() as unknown as { runKernelFunc: RunKernelFunc };
  return runKernelFunc.call(tf.engine(), {
    forwardFunc: () => outputs,
    backwardsFunc: () => Object.fromEntries(tensors.map((_, i) => [i, throwNoGradient])),
    inputs: Object.fromEntries(tensors.map((tensor, i) => [i, tensor])),
  });
}

type RunKernelFunc = (params: {
  forwardFunc: () => tf.Tensor[];
  backwardsFunc: () => Record<string, () => tf.Tensor>;
  inputs: Record<string, tf.Tensor>;
}) => tf.Tensor[];
