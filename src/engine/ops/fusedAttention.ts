import * as tf from "@tensorflow/tfjs";
import "../../core/ops/fusedAttention";
import type { AttentionComposite, FusedAttentionSettings } from "../../core/ops/fusedAttention";
import { registerNativeOp } from "../../core/ops/registry";
import { mayDifferentiateAgain, isNestedGradient } from "../../core/secondOrder";
import { usesGpu } from "../binding";
import type { Binding } from "../binding";
import { dtypeNumber } from "../dtypes";
import { attr, rawOps } from "../rawOp";
import { activeTrace, realBinding } from "../trace";

const FORWARD = "LayerbookAttention";
const BACKWARD = "LayerbookAttentionGrad";

/** The op reads widths in steps of this many numbers. */
const WIDTH_STEP = 16;

const attrsOf = ({ scale, causal }: FusedAttentionSettings) => [
  attr.float("scale", scale),
  attr.bool("causal", causal),
];

const asked = new WeakMap<Binding, boolean>();

/** Whether the addon brings the op: one of an earlier version, or for another processor, does not. */
export function hasFusedAttention(binding: Binding = realBinding()): boolean {
  let known = asked.get(binding);
  if (known === undefined) {
    known = runsOnZeros(binding);
    asked.set(binding, known);
  }
  return known;
}

function runsOnZeros(binding: Binding): boolean {
  const zeros = new Float32Array(WIDTH_STEP);
  const input = binding.createTensor([1, 1, WIDTH_STEP], dtypeNumber("float32"), zeros);
  try {
    const attrs = attrsOf({ scale: 1, causal: false });
    const outputs = binding.executeOp(FORWARD, attrs, [input, input, input], 2);
    for (const { id } of outputs) binding.deleteTensor(id);
    return true;
  } catch {
    return false;
  } finally {
    binding.deleteTensor(input);
  }
}

/** Whether the op can be used; a graph that is exported keeps to TensorFlow's own ops. */
function isSupported(q: tf.Tensor3D, v: tf.Tensor3D): boolean {
  const fits = [q, v].every((x) => x.size > 0 && x.shape[2] % WIDTH_STEP === 0);
  const isPortable = activeTrace()?.isPortable ?? false;
  return fits && !isPortable && !isNestedGradient() && !usesGpu() && hasFusedAttention();
}

function native(
  q: tf.Tensor3D,
  k: tf.Tensor3D,
  v: tf.Tensor3D,
  settings: FusedAttentionSettings,
  composite: AttentionComposite,
): tf.Tensor3D {
  if (!isSupported(q, v)) return composite(q, k, v);
  const run = tf.customGrad((...args) => {
    const save = args[args.length - 1] as unknown as tf.GradSaveFunc;
    const inputs = args.slice(0, 3) as tf.Tensor[];
    const [value, logSums] = rawOps(FORWARD, attrsOf(settings), inputs, 2);
    save([...inputs, value, logSums]);
    const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]): tf.Tensor[] => {
      if (mayDifferentiateAgain()) {
        const twin = (...given: tf.Tensor[]): tf.Tensor =>
          composite(...(given as [tf.Tensor3D, tf.Tensor3D, tf.Tensor3D]));
        return tf.grads(twin)(saved.slice(0, 3), dy);
      }
      return rawOps(BACKWARD, attrsOf(settings), [...saved, dy], 3);
    };
    return { value, gradFunc };
  });
  return run(q, k, v) as tf.Tensor3D;
}

registerNativeOp("fusedAttention", [FORWARD, BACKWARD], native);
