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

/** Puts right what is wrong in tfjs-node's own kernels. Once, after the addon has loaded. */
export function mendKernels(): void {
  tf.unregisterKernel("GatherV2", "tensorflow");
  tf.registerKernel({
    kernelName: "GatherV2",
    backendName: "tensorflow",
    kernelFunc: (args) => gather(args as unknown as GatherArgs),
  });
}
