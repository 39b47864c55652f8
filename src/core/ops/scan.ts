import * as tf from "@tensorflow/tfjs";
import { defineOp } from "./registry";

/** The values of all steps of a {@link scan}, as its gradient receives them. */
export interface ScanSteps {
  /** As given, `[time, batch, channels]`. */
  readonly inputs: tf.Tensor3D;
  /** The state before each step, `[time, batch, size]`. */
  readonly before: tf.Tensor3D;
  readonly constants: readonly tf.Tensor[];
}

/**
 * The gradient of a {@link scan}. All states are known by then, so the loop computes only what depends
 * on the gradient of the following step.
 */
export interface ScanGradient {
  /**
   * The values that {@link step} reads at each step, computed for all steps at once: `[time, batch,
   * …]` each.
   */
  readonly prepare: (steps: ScanSteps) => tf.Tensor3D[];
  /**
   * The gradients of a step's input and of the state before it, from the gradient of the state after
   * it. May use only the tensors that it is given.
   */
  readonly step: (
    dNext: tf.Tensor2D,
    prepared: readonly tf.Tensor2D[],
    constants: readonly tf.Tensor[],
  ) => [dInput: tf.Tensor2D, dBefore: tf.Tensor2D];
  /**
   * The gradients of the constants, for all steps at once: matrix products over time and batch are
   * cheaper than sums of one product per step.
   *
   * @param dInputs the gradient of the inputs, `[time, batch, channels]`
   */
  readonly constants: (
    steps: ScanSteps,
    prepared: readonly tf.Tensor3D[],
    dInputs: tf.Tensor3D,
  ) => tf.Tensor[];
}

/** A recurrence over time. */
export interface Scan {
  /**
   * The state after one step, `[batch, size]`, from the step's input `[batch, channels]` and the state
   * before it. Must consist of differentiable ops and use only the tensors that it is given.
   */
  readonly step: (
    input: tf.Tensor2D,
    state: tf.Tensor2D,
    constants: readonly tf.Tensor[],
  ) => tf.Tensor2D;
  /** `[time, batch, channels]` */
  readonly inputs: tf.Tensor3D;
  /** `[time, batch, 1]`: 0 where a step is skipped and the state stays the same; `null` for no mask. */
  readonly mask: tf.Tensor3D | null;
  /** `[batch, size]` */
  readonly initial: tf.Tensor2D;
  /** Weights that every step uses. */
  readonly constants: readonly tf.Tensor[];
  /** Used if the steps are recorded as a loop; unrolled steps are differentiated automatically. */
  readonly gradient: ScanGradient;
}

/** One step; the state stays the same where the mask is 0. */
export function maskedStep(
  { step }: Pick<Scan, "step">,
  [input, state, constants]: Parameters<Scan["step"]>,
  mask: tf.Tensor2D | null,
): tf.Tensor2D {
  const next = step(input, state, constants);
  if (mask === null) return next;
  return tf.add(tf.mul(next, mask), tf.mul(state, tf.sub(1, mask)));
}

/** The recurrence, unrolled step by step. */
export function unrolledScan(scan: Scan): tf.Tensor3D {
  const { inputs, mask, constants } = scan;
  const masks = mask === null ? null : tf.unstack(mask);
  let state = scan.initial;
  const states = tf.unstack(inputs).map((input, t) => {
    const at = masks === null ? null : (masks[t] as tf.Tensor2D);
    state = maskedStep(scan, [input as tf.Tensor2D, state, constants], at);
    return state;
  });
  return tf.stack(states) as tf.Tensor3D;
}

/**
 * The states of a recurrence after each step, `[time, batch, size]`; differentiable in the inputs, the
 * initial state and the constants. In a recorded function it is one loop, whatever the number of
 * steps; otherwise the steps are unrolled.
 */
export const scan = defineOp("scan", (given: Scan): tf.Tensor3D =>
  tf.tidy(() => unrolledScan(given)),
);
