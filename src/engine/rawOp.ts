import type * as tf from "@tensorflow/tfjs";
import { nodeBackend } from "./binding";
import type { OpAttr } from "./binding";
import { attrKind, dtypeNumber } from "./dtypes";

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
 * Runs one TensorFlow op by its name and returns its first output. It is not differentiated:
 * wrap it in `tf.customGrad`.
 *
 * @param name as TensorFlow registers it, e.g. `"ReluGrad"`
 * @param attrs type attributes included, see {@link attr}
 */
export function rawOp(
  name: string,
  attrs: readonly OpAttr[],
  inputs: readonly tf.TensorInfo[],
): tf.Tensor {
  return nodeBackend().executeSingleOutput(name, attrs, inputs);
}

/** As {@link rawOp}, for an op of several outputs; the caller disposes (or tidies) each. */
export function rawOps(
  name: string,
  attrs: readonly OpAttr[],
  inputs: readonly tf.TensorInfo[],
  numOutputs: number,
): tf.Tensor[] {
  return nodeBackend().executeMultipleOutputs(name, attrs, inputs, numOutputs);
}
