import * as tf from "@tensorflow/tfjs";
import { attr, rawOp } from "./rawOp";

/** The arguments of the `GatherV2` kernel. */
interface GatherArgs {
  readonly inputs: Readonly<Record<"x" | "indices", tf.TensorInfo>>;
  readonly attrs: Readonly<Record<"axis" | "batchDims", number>>;
}

/**
 * tfjs-node's gather reads its indices back to JavaScript on every call to check them, which is slow
 * and cannot be recorded. TensorFlow checks them anyway.
 */
function gather({ inputs: { x, indices }, attrs: { axis, batchDims } }: GatherArgs): tf.TensorInfo {
  const attrs = [
    attr.int("batch_dims", batchDims),
    attr.type("Tparams", x.dtype),
    attr.type("Tindices", indices.dtype),
    attr.type("Taxis", "int32"),
  ];
  return tf.tidy(() => rawOp("GatherV2", attrs, [x, indices, tf.scalar(axis, "int32")]));
}

/** The arguments of the `BatchMatMul` kernel. */
interface ProductArgs {
  readonly inputs: Readonly<Record<"a" | "b", tf.TensorInfo>>;
  readonly attrs: Readonly<Record<"transposeA" | "transposeB", boolean>>;
}

/**
 * Multiplies two matrices by `MatMul`: tfjs-node calls oneDNN's batched kernel for every product,
 * which takes longer to start, and a loop over time starts one at every step.
 */
function product({ inputs: { a, b }, attrs }: ProductArgs): tf.TensorInfo {
  const isPair = a.shape.length === 2 && b.shape.length === 2;
  const [left, right] = isPair ? ["transpose_a", "transpose_b"] : ["adj_x", "adj_y"];
  return tf.tidy(() =>
    rawOp(
      isPair ? "MatMul" : "BatchMatMulV2",
      [
        attr.type("T", a.dtype),
        attr.bool(left, attrs.transposeA),
        attr.bool(right, attrs.transposeB),
      ],
      [a, b],
    ),
  );
}

/** Replaces unsuitable tfjs-node kernels. Called once, after the addon has loaded. */
export function patchKernels(): void {
  const fixed: [string, tf.KernelFunc][] = [
    ["GatherV2", (args) => gather(args as unknown as GatherArgs)],
    ["BatchMatMul", (args) => product(args as unknown as ProductArgs)],
  ];
  for (const [kernelName, kernelFunc] of fixed) {
    tf.unregisterKernel(kernelName, "tensorflow");
    tf.registerKernel({ kernelName, backendName: "tensorflow", kernelFunc });
  }
}
