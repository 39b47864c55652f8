import * as tf from "@tensorflow/tfjs";
import { scan } from "../core/ops/scan";
import { statelessDropout } from "../core/ops/statelessRandom";
import { recurrentSeeds } from "../core/recurrentSeeds";
import { recurrentStates } from "../core/recurrentStates";
import { tfjsClass } from "../core/tfjsClasses";
import { fusedLstm, isFusable } from "./fusedLstm";
import { columns, recurrenceOf, rows } from "./recurrentCells";
import type { Cell, MakeRecurrence } from "./recurrentCells";

/** Private members of a tfjs recurrent layer. */
interface RecurrentLayer {
  readonly cell: Cell;
  readonly returnSequences: boolean;
  readonly returnState: boolean;
  readonly goBackwards: boolean;
  readonly stateful: boolean;
  readonly unroll: boolean;
}

type Kwargs = Readonly<Record<string, unknown>> | null;

/** The `call` method of tfjs' recurrent layers. */
export type RecurrentCall = (inputs: tf.Tensor | tf.Tensor[], kwargs: Kwargs) => unknown;

const isRate = (rate: number): boolean => rate > 0 && rate < 1;

/** Whether this call applies dropout. */
const drops = ({ cell }: RecurrentLayer, kwargs: Kwargs): boolean =>
  kwargs?.["training"] === true && (isRate(cell.dropout) || isRate(cell.recurrentDropout));

/** Whether {@link recordedCall} supports the layer. */
function isPlain(layer: RecurrentLayer, inputs: tf.Tensor | tf.Tensor[], kwargs: Kwargs): boolean {
  const { mask, initialState } = kwargs ?? {};
  // A loop of one iteration gains nothing, and the user may ask for unrolling; but tfjs' own dropout
  // would be constant in the recorded graph.
  const mayUnroll = layer.unroll || (inputs as tf.Tensor).shape?.[1] === 1;
  return (
    (!mayUnroll || drops(layer, kwargs)) &&
    inputs instanceof tf.Tensor &&
    (mask === null || mask === undefined || (mask instanceof tf.Tensor && mask.rank === 2)) &&
    (initialState === null || initialState === undefined || Array.isArray(initialState))
  );
}

/** The dropout masks of a call: the same for all of its steps, drawn anew for each call. */
function dropMasks(
  layer: RecurrentLayer,
  [batch, , channels]: readonly number[],
): Record<"input" | "state", tf.Tensor2D | null> {
  const { dropout, recurrentDropout, units } = layer.cell;
  const seeds = recurrentSeeds(layer as unknown as tf.layers.Layer);
  const mask = (rate: number, width: number): tf.Tensor2D | null =>
    isRate(rate) ? statelessDropout(tf.ones<tf.Rank.R2>([batch, width]), rate, seeds.next()) : null;
  return { input: mask(dropout, channels), state: mask(recurrentDropout, units) };
}

/** A call of a recurrent layer, with time as the first axis. */
interface RecurrenceCall {
  /** `[time, batch, channels]` */
  readonly x: tf.Tensor3D;
  /** `[batch, size of the state]` */
  readonly initial: tf.Tensor2D;
  /** `[time, batch, 1]` */
  readonly mask: tf.Tensor3D | null;
  /** Mask of the recurrent dropout, `[batch, units]`. */
  readonly stateMask: tf.Tensor2D | null;
}

/** The states after each step, `[time, batch, size]`, computed by a loop. */
function loopStates(
  cell: Cell,
  make: MakeRecurrence,
  { x, initial, mask, stateMask }: RecurrenceCall,
): tf.Tensor3D {
  const { kernel, bias, ...recurrence } = make(cell, stateMask);
  const projected = tf.matMul(rows(x), kernel);
  const sums = bias === null ? projected : tf.add(projected, bias);
  const inputs = tf.reshape<tf.Rank.R3>(sums, [x.shape[0], x.shape[1], kernel.shape[1]]);
  return scan({ ...recurrence, inputs, mask, initial });
}

/** Like {@link loopStates}, but uses TensorFlow's fused op if there is one for the cell. */
function statesOf(cell: Cell, make: MakeRecurrence, call: RecurrenceCall): tf.Tensor3D {
  const { x, initial, mask, stateMask } = call;
  const isLstm = cell.constructor === tfjsClass("LSTMCell");
  if (!isLstm || mask !== null || stateMask !== null || !isFusable(cell)) {
    return loopStates(cell, make, call);
  }
  const weights = {
    kernel: cell.kernel.read(),
    recurrentKernel: cell.recurrentKernel.read(),
    bias: cell.bias?.read() ?? tf.zeros<tf.Rank.R1>([4 * cell.units]),
  };
  return fusedLstm({ x, initial, ...weights }, (given) => {
    const read = <T extends tf.Tensor>(tensor: T) => ({ read: () => tensor });
    const same: Cell = {
      units: cell.units,
      stateSize: cell.stateSize,
      activation: cell.activation,
      recurrentActivation: cell.recurrentActivation,
      kernel: read(given.kernel),
      recurrentKernel: read(given.recurrentKernel),
      bias: read(given.bias),
      dropout: 0,
      recurrentDropout: 0,
    };
    return loopStates(same, make, { ...call, x: given.x, initial: given.initial });
  });
}

function recordedCall(
  layer: RecurrentLayer,
  make: MakeRecurrence,
  x: tf.Tensor3D,
  kwargs: Kwargs,
): tf.Tensor | tf.Tensor[] {
  const dropMask = drops(layer, kwargs) ? dropMasks(layer, x.shape) : { input: null, state: null };
  const [batch, time] = x.shape;
  const { units, stateSize } = layer.cell;
  const states = [stateSize].flat().length;
  const timeMajor = <T extends tf.Tensor3D>(tensor: T): T => {
    const turned = tf.transpose(tensor, [1, 0, 2]);
    return layer.goBackwards ? tf.reverse(turned, 0) : turned;
  };
  const mask = kwargs?.["mask"] as tf.Tensor2D | null | undefined;
  const held = layer.stateful ? recurrentStates(layer as unknown as tf.layers.Layer) : null;
  const given = (kwargs?.["initialState"] ?? held) as tf.Tensor2D[] | null;
  const input =
    dropMask.input === null ? x : tf.mul<tf.Tensor3D>(x, tf.expandDims(dropMask.input, 1));
  const call: RecurrenceCall = {
    x: timeMajor(input),
    initial: given ? tf.concat(given, 1) : tf.zeros([batch, states * units]),
    mask: mask ? timeMajor(tf.expandDims(tf.cast(tf.cast(mask, "bool"), "float32"), 2)) : null,
    stateMask: dropMask.state,
  };
  const outputs = statesOf(layer.cell, make, call);
  const sequence = states === 1 ? outputs : tf.slice(outputs, [0, 0, 0], [time, batch, units]);
  const final = tf.squeeze<tf.Tensor2D>(tf.slice(outputs, [time - 1, 0, 0]), [0]);
  // In tfjs, splitting into one part has no gradient.
  const last = states === 1 ? [final] : columns(final, states);
  held?.forEach((state, index) => void state.assign(last[index]));
  const output = layer.returnSequences ? tf.transpose(sequence, [1, 0, 2]) : last[0];
  return layer.returnState ? [output, ...last] : output;
}

/** The prototype of the class that tfjs' recurrent layers share. */
export function recurrentPrototype(): { call: RecurrentCall } {
  return tfjsClass("RNN").prototype as { call: RecurrentCall };
}

/**
 * Replaces the `call` of tfjs' recurrent layers while a function is recorded: LSTM, GRU and SimpleRNN
 * become one loop instead of separate ops for every step. Custom cells are unchanged.
 *
 * Dropout draws one mask per call for all steps, as Keras does, from seeds that a recorded step
 * advances; one mask is used for all gates, as in tfjs and in Keras' fused implementation.
 */
export function recordRecurrence(before: RecurrentCall): RecurrentCall {
  return function (this: RecurrentLayer, inputs, kwargs) {
    // From now on tfjs' own `call` uses these variables too.
    if (this.stateful) recurrentStates(this as unknown as tf.layers.Layer);
    const make = recurrenceOf(this.cell);
    const [x] = Array.isArray(inputs) && inputs.length === 1 ? inputs : [inputs];
    if (make === null || !isPlain(this, x, kwargs)) return before.call(this, inputs, kwargs);
    return tf.tidy(() => recordedCall(this, make, x as tf.Tensor3D, kwargs));
  };
}
