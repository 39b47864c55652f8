import * as tf from "@tensorflow/tfjs";
import { mayDifferentiateAgain } from "../core/secondOrder";
import { usesGpu } from "./binding";
import { dataType } from "./dtypes";
import type { OutputRef } from "./graph";
import { addOp } from "./loop";
import { scanBackward, tensorOf } from "./ops/scan";
import { lstmStepBack, rows, timesTransposed, weightGradient } from "./recurrentCells";
import type { Cell } from "./recurrentCells";
import type { Recorder } from "./recorder";
import { activeTrace } from "./trace";

/** The inputs of an LSTM, in the order in which its gradients are returned. */
export interface LstmInputs {
  /** `[time, batch, channels]` */
  readonly x: tf.Tensor3D;
  /** Output and carry before the first step, `[batch, 2 * units]`. */
  readonly initial: tf.Tensor2D;
  /** `[channels, 4 * units]`: input gate, forget gate, candidate, output gate, as in Keras. */
  readonly kernel: tf.Tensor2D;
  /** `[units, 4 * units]` */
  readonly recurrentKernel: tf.Tensor2D;
  /** `[4 * units]` */
  readonly bias: tf.Tensor1D;
}

/**
 * Whether TensorFlow's LSTM op can compute a cell. It supports one pair of activations, and its GPU
 * kernel has not been benchmarked against the loop.
 */
export function isFusable({ activation, recurrentActivation }: Cell): boolean {
  const isStandard =
    activation.getClassName() === "tanh" && recurrentActivation?.getClassName() === "sigmoid";
  return isStandard && !usesGpu() && activeTrace()?.isPortable === false;
}

/** The op's outputs for each step, `[time, batch, units]` each. */
interface Steps {
  readonly input: tf.Tensor3D;
  readonly carry: tf.Tensor3D;
  readonly forget: tf.Tensor3D;
  readonly output: tf.Tensor3D;
  readonly candidate: tf.Tensor3D;
  /** tanh of the carry. */
  readonly shown: tf.Tensor3D;
  readonly state: tf.Tensor3D;
}

/** Runs `BlockLSTMV2` over all steps. */
function allSteps(
  recorder: Recorder,
  { x, initial, kernel, recurrentKernel, bias }: LstmInputs,
): Steps {
  const [time, batch] = x.shape;
  const units = recurrentKernel.shape[0];
  const [h, c] = tf.split(initial, 2, -1);
  const noPeephole = tf.zeros([units]);
  const weights = tf.concat([kernel, recurrentKernel]);
  const [count] = addOp(
    recorder,
    "Cast",
    [recorder.refOf(tf.scalar(time, "int32"))],
    [{ shape: [], dtype: dataType.int64 }],
    { DstT: { kind: "type", value: dataType.int64 } },
  );
  const given = [x, c, h, weights, noPeephole, noPeephole, noPeephole, bias];
  const inputs: OutputRef[] = [count, ...given.map((tensor) => recorder.refOf(tensor))];
  const each = { shape: [time, batch, units], dtype: dataType.float32 };
  const outputs = addOp(recorder, "BlockLSTMV2", inputs, new Array<typeof each>(7).fill(each), {
    cell_clip: { kind: "float", value: 0 },
    use_peephole: { kind: "bool", value: false },
  });
  const [input, carry, forget, output, candidate, shown, state] = outputs.map((ref) =>
    tensorOf<tf.Tensor3D>(recorder, ref),
  );
  return { input, carry, forget, output, candidate, shown, state };
}

/** `1 - x` and `1 - x²`: factors of the derivatives of sigmoid and tanh. */
const rest = (x: tf.Tensor): tf.Tensor => tf.sub(1, x);
const restOfSquare = (x: tf.Tensor): tf.Tensor => tf.sub(1, tf.square(x));
const product = (...factors: tf.Tensor[]): tf.Tensor3D =>
  factors.reduce((left, right) => tf.mul(left, right)) as tf.Tensor3D;

/** Only the recurrent gradients are computed step by step, the others for all steps at once. */
function gradients(
  recorder: Recorder,
  { x, initial, kernel, recurrentKernel }: Omit<LstmInputs, "bias">,
  { input, carry, forget, output, candidate, shown, state }: Steps,
  dStates: tf.Tensor,
): tf.Tensor[] {
  const [time, batch, channels] = x.shape;
  const units = recurrentKernel.shape[0];
  const [h, c] = tf.split(initial, 2, -1);
  const before = (start: tf.Tensor, after: tf.Tensor3D): tf.Tensor3D => {
    const first: tf.Tensor3D = tf.expandDims(start, 0);
    return time === 1 ? first : tf.concat([first, tf.slice(after, 0, time - 1)]);
  };
  const factors = tf.concat<tf.Tensor3D>(
    [
      product(candidate, input, rest(input)),
      product(before(c, carry), forget, rest(forget)),
      product(input, restOfSquare(candidate)),
      product(shown, output, rest(output)),
    ],
    -1,
  );
  const throughOutput = product(output, restOfSquare(shown));
  const reversed = {
    inputs: { shape: [time, batch, 4 * units] },
    mask: null,
    initial,
    constants: [recurrentKernel],
    gradient: { step: lstmStepBack(3) },
  };
  const prepared = [factors, throughOutput, forget];
  const { dInputs, dInitial } = scanBackward(recorder, reversed, prepared, dStates);
  const dSums = rows(dInputs);
  return [
    tf.reshape(timesTransposed(dSums, kernel), [time, batch, channels]),
    dInitial,
    weightGradient(x, dInputs),
    weightGradient(before(h, state), dInputs),
    tf.sum(dSums, 0),
  ];
}

/**
 * An LSTM's output and carry after each step, `[time, batch, 2 * units]`, by TensorFlow's
 * `BlockLSTMV2`: the forward pass is one op instead of a dozen per step, and its saved intermediates
 * leave only one matrix product per step to the loop of the backward pass.
 *
 * @param composite the same computation from differentiable ops, for second-order gradients
 */
export function fusedLstm(
  inputs: LstmInputs,
  composite: (inputs: LstmInputs) => tf.Tensor3D,
): tf.Tensor3D {
  const trace = activeTrace();
  if (trace === null) return composite(inputs);
  const { recorder } = trace;
  const named = ([x, initial, kernel, recurrentKernel, bias]: tf.Tensor[]): LstmInputs => ({
    x: x as tf.Tensor3D,
    initial: initial as tf.Tensor2D,
    kernel: kernel as tf.Tensor2D,
    recurrentKernel: recurrentKernel as tf.Tensor2D,
    bias: bias as tf.Tensor1D,
  });
  const { x, initial, kernel, recurrentKernel, bias } = inputs;
  const fused = tf.customGrad<tf.Tensor3D>((...args) => {
    const save = args[args.length - 1] as unknown as tf.GradSaveFunc;
    const given = args.slice(0, 5) as tf.Tensor[];
    const steps = allSteps(recorder, named(given));
    const names = Object.keys(steps) as (keyof Steps)[];
    save([...given, ...names.map((name) => steps[name])]);
    const gradFunc = (dStates: tf.Tensor, saved: tf.Tensor[]): tf.Tensor[] => {
      const again = saved.slice(0, 5);
      if (mayDifferentiateAgain()) {
        return tf.grads((...each: tf.Tensor[]) => composite(named(each)))(again, dStates);
      }
      const savedSteps = Object.fromEntries(names.map((name, i) => [name, saved[5 + i]]));
      return gradients(recorder, named(again), savedSteps as unknown as Steps, dStates);
    };
    const { state, carry } = steps;
    return { value: tf.concat([state, carry], -1), gradFunc };
  });
  return fused(x, initial, kernel, recurrentKernel, bias);
}
