import * as tf from "@tensorflow/tfjs";
import { dataType } from "./dtypes";
import type { Attrs, OutputRef, RecordedFunction, TensorType } from "./graph";
import { completeAttrs } from "./opSpec";
import { recordFunction } from "./recordFunction";
import type { Recorder } from "./recorder";

const { bool, float32, int32, variant } = dataType;

const COUNTER: TensorType = { shape: [], dtype: int32 };
const LIST: TensorType = { shape: [], dtype: variant };

const type = (value: number) => ({ kind: "type", value }) as const;

/** Adds an op with known output types. */
export function addOp(
  recorder: Recorder,
  op: string,
  inputs: readonly OutputRef[],
  outputs: readonly TensorType[],
  attrs: Attrs = {},
): OutputRef[] {
  const types = inputs.map((ref) => recorder.typeOf(ref).dtype);
  const node = recorder.add(op, inputs, completeAttrs(op, attrs, types, op), outputs);
  return outputs.map((_, index) => ({ node, index }));
}

/** Adds an op with one output. */
function addSingleOutputOp(
  recorder: Recorder,
  op: string,
  inputs: readonly OutputRef[],
  output: TensorType,
  attrs: Attrs = {},
): OutputRef {
  return addOp(recorder, op, inputs, [output], attrs)[0];
}

const int = (recorder: Recorder, value: number): OutputRef =>
  recorder.refOf(tf.scalar(value, "int32"));

/** The shape of a list's elements; the batch is unknown, so that the graph can serve any batch size. */
const elementShape = (recorder: Recorder, shape: readonly number[]): OutputRef =>
  recorder.refOf(tf.tensor1d([-1, ...shape.slice(1)], "int32"));

/** The slices of a tensor along its first axis, which a loop reads one by one. */
export function listOf(recorder: Recorder, ref: OutputRef): OutputRef {
  const element = elementShape(recorder, recorder.typeOf(ref).shape.slice(1));
  return addSingleOutputOp(recorder, "TensorListFromTensor", [ref, element], LIST);
}

/** A list that a loop fills. */
export function emptyList(recorder: Recorder, shape: readonly number[], count: number): OutputRef {
  const inputs = [elementShape(recorder, shape), int(recorder, count)];
  return addSingleOutputOp(recorder, "TensorListReserve", inputs, LIST, {
    element_dtype: type(float32),
  });
}

/** A list's elements as one tensor `[count, ...shape]`. */
export function stackList(
  recorder: Recorder,
  list: OutputRef,
  shape: readonly number[],
  count: number,
): OutputRef {
  const output = { shape: [count, ...shape], dtype: float32 };
  return addSingleOutputOp(
    recorder,
    "TensorListStack",
    [list, elementShape(recorder, shape)],
    output,
    {
      element_dtype: type(float32),
      num_elements: { kind: "int", value: count },
    },
  );
}

export function readList(
  recorder: Recorder,
  list: OutputRef,
  position: OutputRef,
  shape: readonly number[],
): OutputRef {
  const inputs = [list, position, elementShape(recorder, shape)];
  const output = { shape, dtype: float32 };
  return addSingleOutputOp(recorder, "TensorListGetItem", inputs, output, {
    element_dtype: type(float32),
  });
}

export function writeList(
  recorder: Recorder,
  list: OutputRef,
  position: OutputRef,
  item: OutputRef,
): OutputRef {
  return addSingleOutputOp(recorder, "TensorListSetItem", [list, position, item], LIST, {
    resize_if_index_out_of_bounds: { kind: "bool", value: false },
  });
}

/** One iteration of a loop: maps the carried values to the same number of values of the same types. */
export type LoopBody = (
  recorder: Recorder,
  position: OutputRef,
  carried: readonly OutputRef[],
) => OutputRef[];

/**
 * Records a loop over the positions `0 … count − 1`, or backwards, as one `While`.
 *
 * @param carried initial values; a value that an iteration returns unchanged is loop-invariant
 * @returns the carried values after the last iteration
 */
export function recordLoop(
  name: string,
  recorder: Recorder,
  { count, isBackwards }: { readonly count: number; readonly isBackwards: boolean },
  carried: readonly OutputRef[],
  body: LoopBody,
): OutputRef[] {
  const types = [COUNTER, ...carried.map((ref) => recorder.typeOf(ref))];
  const goesOn = recordFunction(`${name}_condition`, recorder, types, (inner, [position]) => {
    const limit = int(inner, isBackwards ? 0 : count);
    const op = isBackwards ? "GreaterEqual" : "Less";
    return [addSingleOutputOp(inner, op, [position, limit], { shape: [], dtype: bool })];
  });
  const turn = recordFunction(name, recorder, types, (inner, [position, ...values]) => {
    const step = int(inner, isBackwards ? -1 : 1);
    const next = addSingleOutputOp(inner, "AddV2", [position, step], COUNTER);
    return [next, ...body(inner, position, values)];
  });
  const inputs = [int(recorder, isBackwards ? count - 1 : 0), ...carried];
  const node = recorder.add("While", inputs, whileAttrs(types, goesOn, turn), types);
  return carried.map((_, i) => ({ node, index: i + 1 }));
}

/** Lowered to switches and merges, so that TensorFlow runs the iterations without function calls. */
function whileAttrs(
  types: readonly TensorType[],
  cond: RecordedFunction,
  body: RecordedFunction,
): Attrs {
  return {
    T: { kind: "types", value: types.map(({ dtype }) => dtype) },
    cond: { kind: "function", value: cond },
    body: { kind: "function", value: body },
    _lower_using_switch_merge: { kind: "bool", value: true },
  };
}
