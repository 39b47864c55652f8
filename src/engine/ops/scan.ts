import * as tf from "@tensorflow/tfjs";
import { registerNativeOp } from "../../core/ops/registry";
import { maskedStep, unrolledScan } from "../../core/ops/scan";
import type { Scan } from "../../core/ops/scan";
import { nodeBackend } from "../binding";
import type { OutputRef } from "../graph";
import { emptyList, listOf, readList, recordLoop, stackList, writeList } from "../loop";
import type { Recorder } from "../recorder";
import { mayDifferentiateAgain } from "../../core/secondOrder";
import { onOwnTape } from "../ownTape";
import { activeTrace } from "../trace";

/** A tensor that represents an output. */
export function tensorOf<T extends tf.Tensor>(recorder: Recorder, ref: OutputRef): T {
  const { shape, dtype } = recorder.typeOf(ref);
  const metadata = { id: recorder.idFor(ref), shape: [...shape], dtype };
  return nodeBackend().createOutputTensor(metadata) as T;
}

/** The tensors of one iteration: the step's arguments, the mask and the constants. */
class ScanIteration {
  constructor(
    private readonly recorder: Recorder,
    private readonly position: OutputRef,
  ) {}

  read(list: OutputRef, [, ...element]: readonly number[]): tf.Tensor2D {
    return tensorOf(this.recorder, readList(this.recorder, list, this.position, element));
  }

  tensor<T extends tf.Tensor>(ref: OutputRef): T {
    return tensorOf(this.recorder, ref);
  }

  write(list: OutputRef, item: tf.Tensor): OutputRef {
    return writeList(this.recorder, list, this.position, this.recorder.refOf(item));
  }
}

/** Runs the recurrence forward and stacks its states. */
function forward(recorder: Recorder, scan: Scan): tf.Tensor3D {
  const { inputs, mask, initial, constants } = scan;
  const [count] = inputs.shape;
  const masks = mask === null ? [] : [mask];
  const lists = [inputs, ...masks].map((tensor) => listOf(recorder, recorder.refOf(tensor)));
  const weights = constants.map((tensor) => recorder.refOf(tensor));
  const states = emptyList(recorder, initial.shape, count);
  const carried = [recorder.refOf(initial), states, ...lists, ...weights];
  const direction = { count, isBackwards: false };
  const outputs = recordLoop("scan", recorder, direction, carried, (inner, position, values) => {
    const iteration = new ScanIteration(inner, position);
    const [state, written, ...fixed] = values;
    const [input, at = null] = [inputs, ...masks].map(({ shape }, i) =>
      iteration.read(fixed[i], shape),
    );
    const given = fixed.slice(lists.length).map((ref) => iteration.tensor(ref));
    const next = maskedStep(scan, [input, iteration.tensor(state), given], at);
    return [inner.refOf(next), iteration.write(written, next), ...fixed];
  });
  return tensorOf(recorder, stackList(recorder, outputs[1], initial.shape, count));
}

/** The part of a recurrence that the backward pass needs. */
interface WayBack extends Pick<Scan, "mask" | "initial" | "constants"> {
  /** Shape of all steps' inputs, `[time, batch, channels]`. */
  readonly inputs: { readonly shape: readonly number[] };
  readonly gradient: Pick<Scan["gradient"], "step">;
}

/** Gradients of the inputs and of the initial state, computed step by step from the last. */
export function scanBackward(
  recorder: Recorder,
  { inputs, mask, initial, constants, gradient }: WayBack,
  prepared: readonly tf.Tensor3D[],
  dStates: tf.Tensor,
): { dInputs: tf.Tensor3D; dInitial: tf.Tensor2D } {
  const [count, ...inputShape] = inputs.shape;
  const read = [dStates, ...prepared, ...(mask === null ? [] : [mask])];
  const lists = read.map((tensor) => listOf(recorder, recorder.refOf(tensor)));
  const weights = constants.map((tensor) => recorder.refOf(tensor));
  const start = recorder.refOf(tf.zeros(initial.shape));
  const carried = [start, emptyList(recorder, inputShape, count), ...lists, ...weights];
  const direction = { count, isBackwards: true };
  const name = "scan_gradient";
  const outputs = recordLoop(name, recorder, direction, carried, (inner, position, values) => {
    const iteration = new ScanIteration(inner, position);
    const [dAfter, written, ...fixed] = values;
    const [dState, ...slices] = read.map(({ shape }, i) => iteration.read(fixed[i], shape));
    const given = fixed.slice(lists.length).map((ref) => iteration.tensor(ref));
    const dNext = tf.add<tf.Tensor2D>(iteration.tensor(dAfter), dState);
    const ofStep = slices.slice(0, prepared.length);
    if (mask === null) {
      const [dInput, dBefore] = gradient.step(dNext, ofStep, given);
      return [inner.refOf(dBefore), iteration.write(written, dInput), ...fixed];
    }
    // At a masked step the gradient bypasses the step.
    const dStep = tf.mul<tf.Tensor2D>(dNext, slices[prepared.length]);
    const [dInput, dBefore] = gradient.step(dStep, ofStep, given);
    const dBoth = tf.add(dBefore, tf.sub(dNext, dStep));
    return [inner.refOf(dBoth), iteration.write(written, dInput), ...fixed];
  });
  const [dInitial, dInputs] = outputs;
  return {
    dInputs: tensorOf(recorder, stackList(recorder, dInputs, inputShape, count)),
    dInitial: tensorOf(recorder, dInitial),
  };
}

function native(scan: Scan): tf.Tensor3D {
  const trace = activeTrace();
  if (trace === null) return tf.tidy(() => unrolledScan(scan));
  const { recorder } = trace;
  const { inputs, mask, initial, constants } = scan;
  const looped = tf.customGrad((...args) => {
    const save = args[args.length - 1] as unknown as tf.GradSaveFunc;
    const states = tf.tidy(() => forward(recorder, scan));
    save([inputs, initial, states, ...(mask === null ? [] : [mask]), ...constants]);
    const gradFunc = (dStates: tf.Tensor, saved: tf.Tensor[]): tf.Tensor[] => {
      const [x, first, after] = saved as [tf.Tensor3D, tf.Tensor2D, tf.Tensor3D];
      const rest = saved.slice(3);
      const savedScan: Scan = {
        ...scan,
        inputs: x,
        initial: first,
        mask: mask === null ? null : (rest[0] as tf.Tensor3D),
        constants: mask === null ? rest : rest.slice(1),
      };
      // Second-order gradients use tfjs' ops, which are differentiable.
      if (mayDifferentiateAgain()) return gradientsUnrolled(savedScan, dStates);
      const [count] = after.shape;
      const earlier = count === 1 ? [] : [tf.slice(after, 0, count - 1)];
      const before = tf.concat([tf.expandDims(first, 0), ...earlier]) as tf.Tensor3D;
      const steps = { inputs: x, before, constants: savedScan.constants };
      const prepared = onOwnTape(() => scan.gradient.prepare(steps));
      const { dInputs, dInitial } = scanBackward(recorder, savedScan, prepared, dStates);
      return [dInputs, dInitial, ...scan.gradient.constants(steps, prepared, dInputs)];
    };
    return { value: states, gradFunc };
  });
  return looped(inputs, initial, ...constants);
}

function gradientsUnrolled(scan: Scan, dStates: tf.Tensor): tf.Tensor[] {
  const states = (inputs: tf.Tensor, initial: tf.Tensor, ...constants: tf.Tensor[]): tf.Tensor =>
    unrolledScan({
      ...scan,
      inputs: inputs as tf.Tensor3D,
      initial: initial as tf.Tensor2D,
      constants,
    });
  return tf.grads(states)([scan.inputs, scan.initial, ...scan.constants], dStates);
}

registerNativeOp("scan", ["While", "TensorListGetItem", "TensorListSetItem"], native);
