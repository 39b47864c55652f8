import * as tf from "@tensorflow/tfjs";
import { TraceError } from "../core/errors";
import { nodeBackend } from "./binding";
import type { Binding } from "./binding";
import { dtypeNumber } from "./dtypes";
import { describeNode } from "./graph";
import type { OutputRef, RecordedFunction } from "./graph";
import { flatten, unflatten } from "./nest";
import type { FlatNest, Structure } from "./nest";
import { Recorder } from "./recorder";
import type { OnCapture } from "./recorder";
import { TraceContext } from "./traceContext";
import { verifyGraph } from "./verifyGraph";
import { installGuards } from "./traceGuards";
import type { WatchedValue } from "./traceGuards";
import { TracedVariables } from "./tracedVariables";

/** A function that has been recorded for one signature. */
export interface Trace {
  readonly fn: RecordedFunction;
  /** How the results are assembled from tensors. */
  readonly structure: Structure;
  /** Every variable that the function reads or writes. */
  readonly variables: readonly tf.Variable[];
  /** The variables that it writes. */
  readonly updated: readonly tf.Variable[];
  /** Values that were recorded as constants; the trace is valid as long as they have not changed. */
  readonly watched: readonly WatchedValue[];
  /** Optimizers whose step count a run increments, listed once for each step. */
  readonly stepped: readonly tf.Optimizer[];
  /** Labels of the printed tensors, which are returned after the results of `structure`. */
  readonly prints: readonly string[];
}

export interface TraceOptions {
  /** Called for each captured tensor, and may throw; default nothing. */
  readonly onCapture?: OnCapture;
  /** Default: no limit. */
  readonly maxCapturedElements?: number;
  /** Whether the printed tensors are returned after the results; default false. */
  readonly withPrints?: boolean;
  /** Whether to avoid native ops that few other runtimes support; default false. */
  readonly isPortable?: boolean;
}

/** State for ops that record themselves; see engine/ops/adamUpdate. */
export interface ActiveTrace {
  readonly isPortable: boolean;
  readonly recorder: Recorder;
  readonly variables: TracedVariables;
}

/**
 * Idle, or recording one function. Tracing does not nest: a compiled function called during a trace is
 * inlined.
 */
let state: { readonly kind: "idle" } | ({ readonly kind: "tracing" } & ActiveTrace) = {
  kind: "idle",
};

/** The trace that is being recorded, or `null`. */
export function activeTrace(): ActiveTrace | null {
  return state.kind === "tracing" ? state : null;
}

/** The real addon, even while a recorder replaces it. */
export function realBinding(): Binding {
  return state.kind === "tracing" ? state.recorder.real : nodeBackend().binding;
}

/**
 * Records a function of tensors as a graph. The function runs once, on tensors that have shapes but no
 * values; nothing is computed, and variables and tensors are unchanged afterwards.
 *
 * @param name for messages and node names
 * @param args the arguments of one call, flattened by `flatten`
 * @throws TraceError for what cannot be recorded, naming the op, the layer and the remedy
 */
export function traceFunction(
  name: string,
  fn: (...args: never[]) => unknown,
  args: FlatNest,
  {
    onCapture = () => undefined,
    maxCapturedElements = Infinity,
    withPrints = false,
    isPortable = false,
  }: TraceOptions = {},
): Trace {
  const backend = nodeBackend();
  const real = backend.binding;
  const registered = Object.values(tf.engine().registeredVariables);
  const argumentIds = backend.getInputTensorIds(args.tensors);
  const parameters: number[] = [];
  const context = new TraceContext(name);
  const recorder = new Recorder(backend, real, context, onCapture, maxCapturedElements);
  const realId = (tensor: tf.Tensor): number => {
    const record = backend.tensorMap.get(tensor.dataId);
    if (record.values === null) return record.id;
    record.id = real.createTensor(record.shape, record.dtype, record.values);
    record.values = null;
    return record.id;
  };
  const variables = new TracedVariables(recorder, backend);
  const leaf = (node: number): number => {
    const position = parameters.indexOf(node);
    return position >= 0 ? argumentIds[position] : realId(variables.valueBefore(node));
  };
  let outcome: { results: OutputRef[]; structure: Structure };
  state = { kind: "tracing", recorder, variables, isPortable };
  backend.binding = recorder;
  backend.getInputTensorIds = (tensors) => tensors.map((tensor) => recorder.inputId(tensor));
  const guards = installGuards(context, (variable) => variables.adopt(variable, true));
  try {
    for (const variable of registered) variables.adopt(variable, false);
    outcome = tf.tidy("trace", () => {
      const placeholders = args.tensors.map((tensor) => {
        const type = { shape: tensor.shape, dtype: dtypeNumber(tensor.dtype) };
        const node = recorder.add("Placeholder", [], placeholderAttrs(type), [type]);
        parameters.push(node);
        return backend.createOutputTensor({ id: recorder.idFor({ node, index: 0 }), ...type });
      });
      const call = unflatten(args.structure, placeholders) as never[];
      const flat = flatten(`${name}, result`, valuesOf(fn(...call)));
      const results = flat.tensors.map((tensor) => recorder.refOf(tensor));
      if (context.failure !== null) throw context.failure;
      variables.finish();
      return { results, structure: flat.structure } as never;
    });
  } finally {
    guards.remove();
    variables.restore((ref) => recorder.evaluateId(ref, leaf));
    backend.binding = real;
    // Uncovers the class's method again.
    Reflect.deleteProperty(backend, "getInputTensorIds");
    state = { kind: "idle" };
  }
  rejectLeaks(name, recorder);
  const recorded: RecordedFunction = {
    name,
    nodes: recorder.nodes,
    parameters,
    results: [...outcome.results, ...(withPrints ? recorder.prints.map(({ ref }) => ref) : [])],
    effects: [...recorder.checks, ...variables.effects],
  };
  verifyGraph(recorded, "tracing");
  return {
    fn: recorded,
    structure: outcome.structure,
    variables: variables.used,
    updated: variables.updated,
    watched: [...guards.watched, ...variables.used.map(watchTrainable)],
    stepped: guards.stepped,
    prints: withPrints ? recorder.prints.map(({ label }) => label) : [],
  };
}

/** A step's gradients depend on which weights are trainable. */
function watchTrainable(variable: tf.Variable): WatchedValue {
  const { name, trainable } = variable;
  return { label: `${name}.trainable`, value: trainable, read: () => variable.trainable };
}

function placeholderAttrs({ shape, dtype }: { shape: readonly number[]; dtype: number }) {
  return {
    dtype: { kind: "type", value: dtype },
    shape: { kind: "shape", value: shape },
  } as const;
}

/** A variable that is returned is replaced by its value. */
function valuesOf(result: unknown): unknown {
  if (result instanceof tf.Variable) return (result as tf.Tensor).clone();
  if (Array.isArray(result)) return result.map(valuesOf);
  if (typeof result === "object" && result?.constructor.name === "Object") {
    return Object.fromEntries(Object.entries(result).map(([key, item]) => [key, valuesOf(item)]));
  }
  return result;
}

function rejectLeaks(name: string, recorder: Recorder): void {
  const kept = recorder.keptOutputs()[0] as OutputRef | undefined;
  if (kept === undefined) return;
  throw new TraceError({
    where: name,
    expected: "no tensors that outlive the call",
    got: `one that was kept: an output of ${describeNode(recorder.nodes[kept.node])}`,
    remedy: "Return it, or assign it to a variable created outside; tf.keep has no effect here.",
  });
}
