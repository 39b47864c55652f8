import * as tf from "@tensorflow/tfjs";
import type { Scan, ScanGradient, ScanSteps } from "../core/ops/scan";
import { tfjsClass } from "../core/tfjsClasses";

/** Private members of a tfjs cell. */
export interface Cell {
  readonly units: number;
  /** `units`, once for each part of the state. */
  readonly stateSize: number | readonly number[];
  readonly activation: Activation;
  readonly recurrentActivation?: Activation;
  readonly kernel: Weight;
  readonly recurrentKernel: Weight;
  readonly bias: Weight<tf.Tensor1D> | null | undefined;
  readonly dropout: number;
  readonly recurrentDropout: number;
}

interface Weight<T extends tf.Tensor = tf.Tensor2D> {
  read(): T;
}

interface Activation {
  apply<T extends tf.Tensor>(x: T): T;
  getClassName(): string;
}

/** A cell as a recurrence. The output is the first part of the state. */
interface Recurrence extends Pick<Scan, "step" | "constants" | "gradient"> {
  readonly kernel: tf.Tensor2D;
  readonly bias: tf.Tensor1D | null;
}

/**
 * @param stateMask mask that multiplies the previous output before the recurrent kernel, `[batch,
 * units]`; `null` without recurrent dropout
 */
export type MakeRecurrence = (cell: Cell, stateMask: tf.Tensor2D | null) => Recurrence;

export const columns = (x: tf.Tensor, sizes: number | number[]): tf.Tensor2D[] =>
  tf.split(x, sizes, -1);

/** Flattens all axes but the last, for one matrix product over time and batch. */
export const rows = (x: tf.Tensor): tf.Tensor2D => tf.reshape(x, [-1, x.shape[x.shape.length - 1]]);

/** The gradient of a matrix that every step multiplies `x` by. */
export const weightGradient = (x: tf.Tensor, gradient: tf.Tensor): tf.Tensor =>
  tf.matMul(rows(x), rows(gradient), true, false);

const biasOf = ({ bias }: Cell): tf.Tensor1D | null => bias?.read() ?? null;

/**
 * Applies the recurrent dropout mask to the outputs of one step or of all steps, `[time, batch,
 * units]`.
 */
const dropped = <T extends tf.Tensor>(h: T, mask: tf.Tensor | undefined): T =>
  mask === undefined ? h : tf.mul(h, mask);

/** A recurrence's constants: its kernels, followed by the state mask. */
const withMask = (kernels: tf.Tensor[], mask: tf.Tensor2D | null): tf.Tensor[] =>
  mask === null ? kernels : [...kernels, mask];

/** The gradient of a mask is never used. */
const maskGradients = (mask: tf.Tensor | undefined): tf.Tensor[] =>
  mask === undefined ? [] : [tf.zerosLike(mask)];

/** The derivative of an activation, entry by entry. */
const slope = <T extends tf.Tensor>(activation: Activation, x: T): T =>
  tf.grad((y: tf.Tensor) => tf.sum(activation.apply(y)))(x) as T;

/** Reshapes the rows of all steps to `[time, batch, …]`. */
const perStep = ({ inputs: { shape } }: ScanSteps, x: tf.Tensor2D): tf.Tensor3D =>
  tf.reshape(x, [shape[0], shape[1], x.shape[1]]);

/** `x` times the transpose of a kernel: the gradient of the kernel's input. */
export const timesTransposed = (x: tf.Tensor2D, kernel: tf.Tensor): tf.Tensor2D =>
  tf.matMul(x, kernel, false, true);

const simpleRNN: MakeRecurrence = (cell, stateMask) => {
  const { activation } = cell;
  return {
    kernel: cell.kernel.read(),
    bias: biasOf(cell),
    constants: withMask([cell.recurrentKernel.read()], stateMask),
    step: (x, h, [kernel, mask]) =>
      activation.apply(tf.add(x, tf.matMul(dropped(h, mask), kernel as tf.Tensor2D))),
    gradient: {
      prepare: (steps) => {
        const { inputs, before, constants } = steps;
        const [kernel, mask] = constants;
        const h = rows(dropped(before, mask));
        const sums = tf.add<tf.Tensor2D>(rows(inputs), tf.matMul(h, kernel));
        return [perStep(steps, slope(activation, sums))];
      },
      step: (dNext, [slopes], [kernel, mask]) => {
        const dSums = tf.mul<tf.Tensor2D>(dNext, slopes);
        return [dSums, dropped(timesTransposed(dSums, kernel), mask)];
      },
      constants: ({ before, constants: [, mask] }, _, dInputs) => [
        weightGradient(dropped(before, mask), dInputs),
        ...maskGradients(mask),
      ],
    },
  };
};

const gru: MakeRecurrence = (cell, stateMask) => {
  const { units, activation, recurrentActivation = activation } = cell;
  const [gates, candidate] = [2 * units, units];
  return {
    kernel: cell.kernel.read(),
    bias: biasOf(cell),
    constants: withMask(columns(cell.recurrentKernel.read(), [gates, candidate]), stateMask),
    step: (x, state, [gateKernel, kernel, mask]) => {
      const h = dropped(state, mask);
      const [xGates, xCandidate] = columns(x, [gates, candidate]);
      const inner = tf.add(xGates, tf.matMul(h, gateKernel as tf.Tensor2D));
      const [update, reset] = columns(recurrentActivation.apply(inner), 2);
      const recurrent = tf.matMul(tf.mul(reset, h), kernel);
      const fresh = activation.apply(tf.add(xCandidate, recurrent));
      // The mask is not applied to the state itself, as in Keras; tfjs multiplies the state by it at
      // every step.
      return tf.add(tf.mul(update, state), tf.mul(tf.sub(1, update), fresh));
    },
    gradient: {
      prepare: (steps) => {
        const { inputs, before, constants } = steps;
        const [gateKernel, kernel, mask] = constants as tf.Tensor2D[];
        const [state, h] = [rows(before), rows(dropped(before, mask as tf.Tensor | undefined))];
        const [xGates, xCandidate] = columns(rows(inputs), [gates, candidate]);
        const gateSums = tf.add<tf.Tensor2D>(xGates, tf.matMul(h, gateKernel));
        const [update, reset] = columns(recurrentActivation.apply(gateSums), 2);
        const [dUpdate, dReset] = columns(slope(recurrentActivation, gateSums), 2);
        const sums = tf.add<tf.Tensor2D>(xCandidate, tf.matMul(tf.mul(reset, h), kernel));
        const fresh = activation.apply(sums);
        const toCandidate = tf.mul<tf.Tensor2D>(tf.sub(1, update), slope(activation, sums));
        const toUpdate = tf.mul<tf.Tensor2D>(tf.sub(state, fresh), dUpdate);
        const toReset = tf.mul<tf.Tensor2D>(h, dReset);
        return [update, reset, toCandidate, toUpdate, toReset].map((x) => perStep(steps, x));
      },
      step: (dNext, prepared, [gateKernel, kernel, mask]) => {
        const [update, reset, toCandidate, toUpdate, toReset] = prepared;
        const dCandidate = tf.mul<tf.Tensor2D>(dNext, toCandidate);
        const dProduct = timesTransposed(dCandidate, kernel);
        const dGates = tf.concat<tf.Tensor2D>(
          [tf.mul<tf.Tensor2D>(dNext, toUpdate), tf.mul<tf.Tensor2D>(dProduct, toReset)],
          -1,
        );
        const dh = tf.add<tf.Tensor2D>(
          tf.mul(dProduct, reset),
          timesTransposed(dGates, gateKernel),
        );
        return [
          tf.concat<tf.Tensor2D>([dGates, dCandidate], -1),
          tf.add(tf.mul(dNext, update), dropped(dh, mask)),
        ];
      },
      constants: ({ before, constants }, [, reset], dInputs) => {
        const mask = constants[2] as tf.Tensor | undefined;
        const h = dropped(before, mask);
        const [dGates, dCandidate] = columns(dInputs, [gates, candidate]);
        return [
          weightGradient(h, dGates),
          weightGradient(tf.mul(reset, h), dCandidate),
          ...maskGradients(mask),
        ];
      },
    },
  };
};

/**
 * Reorders to input, forget, output gate and candidate, so that one activation covers the three gates.
 */
const gatesFirst = (weights: tf.Tensor): tf.Tensor => {
  const [input, forget, candidate, output] = tf.split(weights, 4, -1);
  return tf.concat([input, forget, output, candidate], -1);
};

/**
 * A backward step of an LSTM. Its prepared tensors are the factors that multiply the gradients of the
 * carry and the output, concatenated in the order of the gates; the factor from the output's gradient
 * to the carry's; and the forget gate.
 *
 * @param outputGate index of the output gate among the four
 */
export function lstmStepBack(outputGate: 2 | 3): ScanGradient["step"] {
  return (dNext, [factors, throughOutput, forget], [kernel, mask]) => {
    const [dh, dc] = columns(dNext, 2);
    const dCarry = tf.add<tf.Tensor2D>(dc, tf.mul(dh, throughOutput));
    const spread = [0, 1, 2, 3].map((gate) => (gate === outputGate ? dh : dCarry));
    const dSums = tf.mul<tf.Tensor2D>(tf.concat(spread, -1), factors);
    const dOutput = dropped(timesTransposed(dSums, kernel), mask);
    return [dSums, tf.concat([dOutput, tf.mul<tf.Tensor2D>(dCarry, forget)], -1)];
  };
}

const lstm: MakeRecurrence = (cell, stateMask) => {
  const { units, activation, recurrentActivation = activation } = cell;
  const bias = biasOf(cell);
  return {
    kernel: gatesFirst(cell.kernel.read()) as tf.Tensor2D,
    bias: bias === null ? null : (gatesFirst(bias) as tf.Tensor1D),
    constants: withMask([gatesFirst(cell.recurrentKernel.read())], stateMask),
    step: (x, state, [kernel, mask]) => {
      const [h, c] = columns(state, 2);
      const sums = tf.add(x, tf.matMul(dropped(h, mask), kernel as tf.Tensor2D));
      const [gates, candidate] = columns(sums, [3 * units, units]);
      const [input, forget, output] = columns(recurrentActivation.apply(gates), 3);
      const carry = tf.add(tf.mul(forget, c), tf.mul(input, activation.apply(candidate)));
      const next = tf.mul<tf.Tensor2D>(output, activation.apply(carry));
      return tf.concat([next, carry as tf.Tensor2D], -1);
    },
    gradient: {
      prepare: (steps) => {
        const { inputs, before, constants } = steps;
        const [kernel, mask] = constants;
        const [h, c] = columns(before, 2);
        const product = tf.matMul(rows(dropped(h as tf.Tensor, mask)), kernel);
        const sums = tf.add<tf.Tensor2D>(rows(inputs), product);
        const [gateSums, candidateSums] = columns(sums, [3 * units, units]);
        const [input, forget, output] = columns(recurrentActivation.apply(gateSums), 3);
        const [dInput, dForget, dOutput] = columns(slope(recurrentActivation, gateSums), 3);
        const candidate = activation.apply(candidateSums);
        const carry = tf.add<tf.Tensor2D>(tf.mul(forget, rows(c)), tf.mul(input, candidate));
        // Factors from the gradients of the carry and the output to those of each gate and the
        // candidate.
        const factors = tf.concat<tf.Tensor2D>(
          [
            tf.mul<tf.Tensor2D>(candidate, dInput),
            tf.mul<tf.Tensor2D>(rows(c), dForget),
            tf.mul<tf.Tensor2D>(activation.apply(carry), dOutput),
            tf.mul<tf.Tensor2D>(input, slope(activation, candidateSums)),
          ],
          -1,
        );
        const throughOutput = tf.mul<tf.Tensor2D>(output, slope(activation, carry));
        return [factors, throughOutput, forget].map((x) => perStep(steps, x));
      },
      step: lstmStepBack(2),
      constants: ({ before, constants: [, mask] }, _, dInputs) => [
        weightGradient(dropped(columns(before, 2)[0] as tf.Tensor, mask), dInputs),
        ...maskGradients(mask),
      ],
    },
  };
};

const recurrences: readonly (readonly [string, MakeRecurrence])[] = [
  ["SimpleRNNCell", simpleRNN],
  ["GRUCell", gru],
  ["LSTMCell", lstm],
];

/** Activations that are not elementwise, which cannot be applied to concatenated gates. */
const joint = new Set(["softmax", "logSoftmax"]);

/** The recurrence of a built-in tfjs cell; `null` for any other. */
export function recurrenceOf(cell: Cell): MakeRecurrence | null {
  const found = recurrences.find(([name]) => tfjsClass(name) === cell.constructor);
  const activations = [cell.activation, cell.recurrentActivation];
  if (activations.some((each) => each !== undefined && joint.has(each.getClassName()))) return null;
  return found?.[1] ?? null;
}
