import * as tf from "@tensorflow/tfjs";
import { attr, rawOp } from "./rawOp";

/** What the kernel `GatherV2` is given. */
interface GatherArgs {
  readonly inputs: Readonly<Record<"x" | "indices", tf.TensorInfo>>;
  readonly attrs: Readonly<Record<"axis" | "batchDims", number>>;
}

/**
 * tfjs-node's gather reads its indices back to JavaScript at every call to check them, which is
 * slow and cannot be recorded. TensorFlow checks them itself.
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

/** What the kernel `BatchMatMul` is given. */
interface ProductArgs {
  readonly inputs: Readonly<Record<"a" | "b", tf.TensorInfo>>;
  readonly attrs: Readonly<Record<"transposeA" | "transposeB", boolean>>;
}

/**
 * Two matrices go to `MatMul`: oneDNN's batched form, which tfjs-node calls for every product, takes
 * longer to start, and a loop over time starts one at every step.
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

/** Puts right what is wrong in tfjs-node's own kernels. Once, after the addon has loaded. */
export function mendKernels(): void {
  const fixed: [string, tf.KernelFunc][] = [
    ["GatherV2", (args) => gather(args as unknown as GatherArgs)],
    ["BatchMatMul", (args) => product(args as unknown as ProductArgs)],
  ];
  for (const [kernelName, kernelFunc] of fixed) {
    tf.unregisterKernel(kernelName, "tensorflow");
    tf.registerKernel({ kernelName, backendName: "tensorflow", kernelFunc });
  }
}
