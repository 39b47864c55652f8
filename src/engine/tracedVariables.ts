import * as tf from "@tensorflow/tfjs";
import type { NodeBackend } from "./binding";
import { dtypeNumber } from "./dtypes";
import type { AttrValue, Attrs, GraphNode, OutputRef } from "./graph";
import { completeAttrs } from "./opSpec";
import { isVirtual } from "./recorder";
import type { Recorder } from "./recorder";

const keys = new WeakMap<tf.Variable, string>();
let nextKey = 0;

/** The name of a variable in every graph; it never changes. */
export function variableKey(variable: tf.Variable): string {
  let key = keys.get(variable);
  if (key === undefined) {
    key = `variable_${nextKey++}`;
    keys.set(variable, key);
  }
  return key;
}

/** A variable while a function that may use it is traced. */
interface Traced {
  readonly variable: tf.Variable;
  /**
   * Its value before the trace, to be restored; for a variable created in the trace, its initial
   * value.
   */
  readonly saved: tf.Tensor;
  readonly isNew: boolean;
  /**
   * Restored after the trace: tfjs makes all weights trainable when a sequential model is built in the
   * trace.
   */
  readonly trainable: boolean;
  /** The id of the current value of the graph's variable. */
  currentId: number;
  handle: number | null;
  readonly reads: number[];
  lastWrite: number | null;
}

/**
 * Ops whose output may share memory with their input; a multiplication by one is removed from a graph.
 */
const aliasing = new Set(
  (
    "Identity Reshape Squeeze ExpandDims StopGradient Slice StridedSlice Split SplitV Unpack Pack " +
    "ConcatV2 Cast Transpose Tile Pad PadV2 BroadcastTo Mul AddN Select SelectV2 Relu"
  ).split(" "),
);

/**
 * Handles every `tf.Variable` during a trace: a read becomes a `ReadVariableOp`, a value that differs
 * at the end becomes an `AssignVariableOp`, and the variable itself is unchanged.
 */
export class TracedVariables {
  private readonly traced = new Map<tf.Variable, Traced>();
  private readonly effectNodes: number[] = [];
  private readonly written = new Set<tf.Variable>();

  constructor(
    private readonly recorder: Recorder,
    private readonly backend: NodeBackend,
  ) {}

  /** Starts tracking a variable; from now on its value is a read of the graph's variable. */
  adopt(variable: tf.Variable, isNew: boolean): void {
    const saved = tf.keep(variable.clone());
    const entry: Traced = {
      variable,
      saved,
      isNew,
      trainable: variable.trainable,
      currentId: -1,
      handle: null,
      reads: [],
      lastWrite: null,
    };
    this.traced.set(variable, entry);
    this.setToGraphValue(entry);
  }

  /** The nodes that write variables. */
  get effects(): readonly number[] {
    return this.effectNodes;
  }

  /** The variables that the function reads or writes. */
  get used(): tf.Variable[] {
    return [...this.traced.values()]
      .filter(({ handle }) => handle !== null)
      .map(({ variable }) => variable);
  }

  /** The variables that the function writes. */
  get updated(): tf.Variable[] {
    return [...this.written];
  }

  /** The variable's value before the trace, for evaluating a `ReadVariableOp` eagerly. */
  valueBefore(read: number): tf.Tensor {
    const entry = [...this.traced.values()].find(({ reads }) => reads.includes(read));
    if (entry === undefined) throw new Error(`node ${read} reads no variable`);
    return entry.saved;
  }

  /**
   * Records an op that changes variables in place, such as `ResourceApplyAdam`.
   *
   * @param inputs the inputs after the variables' handles
   */
  applyInPlace(
    op: string,
    targets: readonly tf.Variable[],
    inputs: readonly tf.Tensor[],
    attrs: Attrs,
  ): void {
    const refs = inputs.map((tensor) => this.recorder.refOf(tensor));
    const entries = targets.map((variable) => this.entryOf(variable));
    for (const entry of entries) this.flush(entry);
    const before = entries.map(({ currentId }) => currentId);
    for (const entry of entries) this.setToGraphValue(entry);
    // A tensor that still refers to the old value must be read before the value changes.
    before.forEach((id) => this.recorder.settle(id));
    const controls = entries.flatMap((entry) => this.orderOf(entry));
    const handles = entries.map((entry) => this.handleOf(entry));
    const all = [...handles, ...refs];
    const types = all.map((ref) => this.recorder.typeOf(ref).dtype);
    const node = this.recorder.add(op, all, completeAttrs(op, attrs, types, op), [], controls);
    this.effectNodes.push(node);
    for (const entry of entries) {
      entry.lastWrite = node;
      this.written.add(entry.variable);
    }
  }

  /** Writes the final values of the function's variables. */
  finish(): void {
    for (const entry of this.traced.values()) this.flush(entry);
  }

  /**
   * Restores the values; call with the recorder still in place.
   *
   * @param compute computes the initial values of variables created in the trace
   */
  restore(compute: (ref: OutputRef) => number): void {
    for (const { variable, saved, isNew, trainable } of this.traced.values()) {
      if (!isNew) variable.trainable = trainable;
      const { isDisposed, shape, dtype } = variable;
      const record = this.backend.tensorMap.get(saved.dataId);
      if (!isDisposed && isNew && record.values === null && isVirtual(record.id)) {
        const id = compute(this.recorder.refOf(saved));
        const value = this.backend.createOutputTensor({ id, shape, dtype: dtypeNumber(dtype) });
        variable.assign(value);
        value.dispose();
      } else if (!isDisposed) {
        variable.assign(saved);
      }
    }
    for (const { saved } of this.traced.values()) saved.dispose();
  }

  private entryOf(variable: tf.Variable): Traced {
    const entry = this.traced.get(variable);
    if (entry === undefined) throw new Error(`${variable.name} is disposed or not registered`);
    return entry;
  }

  private setToGraphValue(entry: Traced): void {
    const { variable } = entry;
    const { shape } = variable;
    const dtype = dtypeNumber(variable.dtype);
    const id = this.recorder.deferredId(() => ({ node: this.read(entry), index: 0 }));
    const value = this.backend.createOutputTensor({ id, shape, dtype });
    variable.assign(value);
    value.dispose();
    entry.currentId = id;
  }

  private read(entry: Traced): number {
    const { shape } = entry.variable;
    const dtype = dtypeNumber(entry.variable.dtype);
    const attrs: Attrs = { dtype: { kind: "type", value: dtype } };
    const controls = entry.lastWrite === null ? [] : [entry.lastWrite];
    const outputs = [{ shape, dtype }];
    const node = this.recorder.add(
      "ReadVariableOp",
      [this.handleOf(entry)],
      attrs,
      outputs,
      controls,
    );
    entry.reads.push(node);
    return node;
  }

  private handleOf(entry: Traced): OutputRef {
    entry.handle ??= this.recorder.add("VarHandleOp", [], handleAttrs(entry.variable), [
      { shape: [], dtype: dtypeNumber("resource" as tf.DataType) },
    ]);
    return { node: entry.handle, index: 0 };
  }

  /** The nodes that must run before the variable is written. */
  private orderOf({ reads, lastWrite }: Traced): number[] {
    const before = [...reads, ...this.recorder.checks];
    return lastWrite === null ? before : [...before, lastWrite];
  }

  private flush(entry: Traced): void {
    const { variable } = entry;
    if (variable.isDisposed) return;
    const id = this.recorder.inputId(variable);
    if (id === entry.currentId) return;
    const dtype: AttrValue = { kind: "type", value: dtypeNumber(variable.dtype) };
    const value = this.owned(this.recorder.refOf(variable), dtype);
    const node = this.recorder.add(
      "AssignVariableOp",
      [this.handleOf(entry), value],
      { dtype },
      [],
      this.orderOf(entry),
    );
    entry.lastWrite = node;
    entry.currentId = id;
    this.effectNodes.push(node);
    this.written.add(variable);
  }

  /** An argument's memory belongs to JavaScript and a variable must not retain it, so it is copied. */
  private owned(ref: OutputRef, dtype: AttrValue): OutputRef {
    if (!mayShareArgument(this.recorder.nodes, ref.node)) return ref;
    const type = this.recorder.typeOf(ref);
    return { node: this.recorder.add("DeepCopy", [ref], { T: dtype }, [type]), index: 0 };
  }
}

/** The attributes of a variable's `VarHandleOp`; in a session, equal names mean the same variable. */
export function handleAttrs(variable: tf.Variable): Attrs {
  return {
    dtype: { kind: "type", value: dtypeNumber(variable.dtype) },
    shape: { kind: "shape", value: variable.shape },
    shared_name: { kind: "string", value: variableKey(variable) },
  };
}

function mayShareArgument(nodes: readonly GraphNode[], start: number): boolean {
  const { op, inputs } = nodes[start];
  if (op === "Placeholder") return true;
  return aliasing.has(op) && inputs.some(({ node }) => mayShareArgument(nodes, node));
}
