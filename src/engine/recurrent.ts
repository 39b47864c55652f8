import * as tf from "@tensorflow/tfjs";
import { scan } from "../core/ops/scan";
import type { Scan, ScanGradients } from "../core/ops/scan";

/** What tfjs keeps in a cell of its own. */
interface Cell {
  readonly units: number;
  readonly activation: Activation;
  readonly recurrentActivation?: Activation;
  readonly kernel: Weight;
  readonly recurrentKernel: Weight;
  readonly bias: Weight | null | undefined;
  readonly dropout: number;
  readonly recurrentDropout: number;
}

interface Weight {
  read(): tf.Tensor2D;
}

interface Activation {
  apply<T extends tf.Tensor>(x: T): T;
  getClassName(): string;
}

/** What tfjs keeps in a recurrent layer. */
interface RecurrentLayer {
  readonly cell: Cell;
  readonly returnSequences: boolean;
  readonly returnState: boolean;
  readonly goBackwards: boolean;
  readonly stateful: boolean;
  readonly unroll: boolean;
}

type Kwargs = Readonly<Record<string, unknown>> | null;

/** The call of tfjs' recurrent layers. */
export type RecurrentCall = (inputs: tf.Tensor | tf.Tensor[], kwargs: Kwargs) => unknown;

/** A cell as a recurrence. The state holds the output first. */
interface Recurrence extends Pick<Scan, "step" | "constants" | "constantGradients"> {
  /** How often the state holds `units` numbers. */
  readonly states: number;
  readonly kernel: tf.Tensor2D;
  readonly bias: tf.Tensor1D | null;
}

type MakeRecurrence = (cell: Cell) => Recurrence;

const columns = (x: tf.Tensor, sizes: number | number[]): tf.Tensor2D[] => tf.split(x, sizes, -1);

/** All steps below each other, for one matrix product over time and batch. */
const rows = (x: tf.Tensor): tf.Tensor2D => tf.reshape(x, [-1, x.shape[x.shape.length - 1]]);

/** The gradient of a matrix that every step multiplies `x` by. */
const weightGradient = (x: tf.Tensor, gradient: tf.Tensor): tf.Tensor =>
  tf.matMul(rows(x), rows(gradient), true, false);

const biasOf = ({ bias }: Cell): tf.Tensor1D | null => (bias?.read() ?? null) as tf.Tensor1D | null;

const simpleRNN: MakeRecurrence = (cell) => ({
  states: 1,
  kernel: cell.kernel.read(),
  bias: biasOf(cell),
  constants: [cell.recurrentKernel.read()],
  step: (x, h, [kernel]) => cell.activation.apply(tf.add(x, tf.matMul(h, kernel as tf.Tensor2D))),
  constantGradients: ({ before, inputGradients }) => [weightGradient(before, inputGradients)],
});

const gru: MakeRecurrence = (cell) => {
  const { units, activation, recurrentActivation = activation } = cell;
  const [gates, candidate] = [2 * units, units];
  return {
    states: 1,
    kernel: cell.kernel.read(),
    bias: biasOf(cell),
    constants: columns(cell.recurrentKernel.read(), [gates, candidate]),
    step: (x, h, [gateKernel, kernel]) => {
      const [xGates, xCandidate] = columns(x, [gates, candidate]);
      const inner = tf.add(xGates, tf.matMul(h, gateKernel as tf.Tensor2D));
      const [update, reset] = columns(recurrentActivation.apply(inner), 2);
      const recurrent = tf.matMul(tf.mul(reset, h), kernel);
      const fresh = activation.apply(tf.add(xCandidate, recurrent));
      return tf.add(tf.mul(update, h), tf.mul(tf.sub(1, update), fresh));
    },
    constantGradients: ({ inputs, before, inputGradients, constants }: ScanGradients) => {
      const [h, [xGates], dInputs] = [
        rows(before),
        columns(rows(inputs), [gates, candidate]),
        columns(rows(inputGradients), [gates, candidate]),
      ];
      const inner = tf.add(xGates, tf.matMul(h, constants[0] as tf.Tensor2D));
      const [, reset] = columns(recurrentActivation.apply(inner), 2);
      return [weightGradient(h, dInputs[0]), weightGradient(tf.mul(reset, h), dInputs[1])];
    },
  };
};

/** Input, forget, output gate and candidate: the three gates side by side, for one activation. */
const gatesFirst = (weights: tf.Tensor): tf.Tensor => {
  const [input, forget, candidate, output] = tf.split(weights, 4, -1);
  return tf.concat([input, forget, output, candidate], -1);
};

const lstm: MakeRecurrence = (cell) => {
  const { units, activation, recurrentActivation = activation } = cell;
  const bias = biasOf(cell);
  return {
    states: 2,
    kernel: gatesFirst(cell.kernel.read()) as tf.Tensor2D,
    bias: bias === null ? null : (gatesFirst(bias) as tf.Tensor1D),
    constants: [gatesFirst(cell.recurrentKernel.read())],
    step: (x, state, [kernel]) => {
      const [h, c] = columns(state, 2);
      const sums = tf.add(x, tf.matMul(h, kernel as tf.Tensor2D));
      const [gates, candidate] = columns(sums, [3 * units, units]);
      const [input, forget, output] = columns(recurrentActivation.apply(gates), 3);
      const carry = tf.add(tf.mul(forget, c), tf.mul(input, activation.apply(candidate)));
      const next = tf.mul<tf.Tensor2D>(output, activation.apply(carry));
      return tf.concat([next, carry as tf.Tensor2D], -1);
    },
    constantGradients: ({ before, inputGradients }) => [
      weightGradient(columns(before, 2)[0], inputGradients),
    ],
  };
};

const recurrences: readonly (readonly [string, MakeRecurrence])[] = [
  ["SimpleRNNCell", simpleRNN],
  ["GRUCell", gru],
  ["LSTMCell", lstm],
];

/** Activations that look at more than one number: gates side by side would not be theirs. */
const joint = new Set(["softmax", "logSoftmax"]);

function registered(name: string): unknown {
  const { classNameMap } = tf.serialization.SerializationMap.getMap();
  return classNameMap[name]?.[0];
}

/** The recurrence of a cell of tfjs' own; `null` for any other. */
function recurrenceOf(cell: Cell): MakeRecurrence | null {
  const found = recurrences.find(([name]) => registered(name) === cell.constructor);
  const activations = [cell.activation, cell.recurrentActivation];
  if (activations.some((each) => each !== undefined && joint.has(each.getClassName()))) return null;
  return found?.[1] ?? null;
}

const isRate = (rate: number): boolean => rate > 0 && rate < 1;

/** Whether the layer is what {@link recordedCall} can do. */
function isPlain(layer: RecurrentLayer, inputs: tf.Tensor | tf.Tensor[], kwargs: Kwargs): boolean {
  const { cell } = layer;
  const { training, mask, initialState } = kwargs ?? {};
  const drops = isRate(cell.dropout) || isRate(cell.recurrentDropout);
  return (
    !layer.stateful &&
    !layer.unroll &&
    !(training === true && drops) &&
    inputs instanceof tf.Tensor &&
    inputs.shape[1] !== 1 &&
    (mask === null || mask === undefined || (mask instanceof tf.Tensor && mask.rank === 2)) &&
    (initialState === null || initialState === undefined || Array.isArray(initialState))
  );
}

function recordedCall(
  layer: RecurrentLayer,
  make: MakeRecurrence,
  x: tf.Tensor3D,
  kwargs: Kwargs,
): tf.Tensor | tf.Tensor[] {
  const { states, kernel, bias, ...recurrence } = make(layer.cell);
  const [batch, time] = x.shape;
  const { units } = layer.cell;
  const timeMajor = <T extends tf.Tensor3D>(tensor: T): T => {
    const turned = tf.transpose(tensor, [1, 0, 2]);
    return layer.goBackwards ? tf.reverse(turned, 0) : turned;
  };
  const mask = kwargs?.["mask"] as tf.Tensor2D | null | undefined;
  const given = kwargs?.["initialState"] as tf.Tensor2D[] | null | undefined;
  const projected = tf.matMul(rows(timeMajor(x)), kernel);
  const sums = bias === null ? projected : tf.add(projected, bias);
  const outputs = scan({
    ...recurrence,
    inputs: tf.reshape(sums, [time, batch, kernel.shape[1]]),
    mask: mask ? timeMajor(tf.expandDims(tf.cast(tf.cast(mask, "bool"), "float32"), 2)) : null,
    initial: given ? tf.concat(given, 1) : tf.zeros([batch, states * units]),
  });
  const sequence = states === 1 ? outputs : tf.slice(outputs, [0, 0, 0], [time, batch, units]);
  const final = tf.squeeze<tf.Tensor2D>(tf.slice(outputs, [time - 1, 0, 0]), [0]);
  // tfjs' split into one part has no gradient.
  const last = states === 1 ? [final] : columns(final, states);
  const output = layer.returnSequences ? tf.transpose(sequence, [1, 0, 2]) : last[0];
  return layer.returnState ? [output, ...last] : output;
}

/** The class that tfjs' recurrent layers share. */
export function recurrentPrototype(): { call: RecurrentCall } {
  return (registered("RNN") as { prototype: { call: RecurrentCall } }).prototype;
}

/**
 * The call of tfjs' recurrent layers while a function is recorded: LSTM, GRU and SimpleRNN become
 * one loop, where tfjs runs the ops of every step. Cells that are not tfjs' own, states that stay
 * from call to call and dropout go on as they were.
 */
export function recordRecurrence(before: RecurrentCall): RecurrentCall {
  return function (this: RecurrentLayer, inputs, kwargs) {
    const make = recurrenceOf(this.cell);
    const [x] = Array.isArray(inputs) && inputs.length === 1 ? inputs : [inputs];
    if (make === null || !isPlain(this, x, kwargs)) return before.call(this, inputs, kwargs);
    return tf.tidy(() => recordedCall(this, make, x as tf.Tensor3D, kwargs));
  };
}
