import * as tf from "@tensorflow/tfjs";
import { TraceError } from "../core/errors";
import type { Binding, NodeBackend, OpAttr, TensorMetadata, TensorRecord } from "./binding";
import type { TensorValues } from "./binding";
import { MAX_CONSTANT_ELEMENTS, constantKey, constantValue } from "./constants";
import { dataType } from "./dtypes";
import { describeNode, formatType } from "./graph";
import type { AttrValue, Attrs, GraphNode, OutputRef, TensorType } from "./graph";
import { inferShapes } from "./inferShapes";
import { attrsOf, opAttrsOf } from "./opAttrs";
import { completeAttrs, outputTypes } from "./opSpec";
import { replay } from "./replay";
import { ShapeMismatch } from "./shapeRules/mismatch";
import type { TraceContext } from "./traceContext";
import { recordingObstacle } from "./unrecordable";

/** Ids of recorded tensors start here, far above those of real ones. */
const VIRTUAL_IDS = 0x40000000;
let nextVirtualId = VIRTUAL_IDS;

export const isVirtual = (id: number): boolean => id >= VIRTUAL_IDS;

/** A tensor from outside the function that is neither an argument nor a variable. */
export interface CapturedTensor {
  /** tfjs' handle of its data, which is the same for the same tensor in another trace. */
  readonly dataId: object;
  /** `float32 [2, 3], used by Mul in layer "decoder"` */
  readonly description: string;
}

/** Called for each use of a captured tensor; may throw through `context.fail`. */
export type OnCapture = (captured: CapturedTensor) => void;

/**
 * Replaces the addon while a function is traced. It computes nothing: each op becomes a node, and only
 * the types of its outputs are known, so tracing uses no tensor memory and has no side effects.
 */
export class Recorder implements Binding {
  readonly nodes: GraphNode[] = [];
  /**
   * `checkNumerics` nodes: they run whether or not a result needs them, and before a variable is
   * written.
   */
  readonly checks: number[] = [];
  /** Tensors to print at every call. */
  readonly prints: { readonly label: string; readonly ref: OutputRef }[] = [];
  readonly TF_Version: string;
  private readonly refs = new Map<number, OutputRef>();
  private readonly deferred = new Map<number, () => OutputRef>();
  private readonly constantNodes = new Map<string, OutputRef>();
  private readonly captured = new Map<number, number>();
  /** Ids of constants that no tensor refers to. */
  private readonly ownIds = new Set<number>();
  private readonly unsent = new WeakMap<TensorRecord, number>();

  constructor(
    private readonly backend: NodeBackend,
    readonly real: Binding,
    private readonly context: TraceContext,
    private readonly onCapture: OnCapture,
    private readonly maxCapturedElements: number,
  ) {
    this.TF_Version = real.TF_Version;
    // The addon's codes for types and attribute kinds, which kernels read from the binding.
    for (const key of Object.getOwnPropertyNames(real)) {
      if (key.startsWith("TF_"))
        Object.defineProperty(this, key, { value: Reflect.get(real, key) });
    }
  }

  /** A recorder for a separate graph: the condition or the body of a loop. */
  nested(): Recorder {
    const { backend, real, context, onCapture, maxCapturedElements } = this;
    return new Recorder(backend, real, context, onCapture, maxCapturedElements);
  }

  /** Adds a node; its layer is the one being applied or, for a gradient, its input's layer. */
  add(
    op: string,
    inputs: readonly OutputRef[],
    attrs: Attrs,
    outputs: readonly TensorType[],
    controls: readonly number[] = [],
  ): number {
    const from = inputs.map(({ node }) => this.nodes[node].layer).find((layer) => layer !== null);
    const layer = this.context.layer ?? from ?? null;
    return this.nodes.push({ op, inputs, controls, attrs, outputs, layer }) - 1;
  }

  /** An id that represents a node's output. */
  idFor(ref: OutputRef): number {
    const id = nextVirtualId++;
    this.refs.set(id, ref);
    return id;
  }

  /** An id whose node is created when it is first read. */
  deferredId(make: () => OutputRef): number {
    const id = nextVirtualId++;
    this.deferred.set(id, make);
    return id;
  }

  /** Creates the node of an id that is still referenced and has not been read yet. */
  settle(id: number): void {
    if (this.deferred.has(id)) this.ref(id);
  }

  /** The node behind a tensor, constants and captured tensors included. */
  refOf(tensor: tf.TensorInfo): OutputRef {
    return this.ref(this.inputId(tensor));
  }

  /** The id of a tensor; a tensor that was not made by the recorder becomes a constant. */
  inputId(tensor: tf.TensorInfo): number {
    const record = this.backend.tensorMap.get(tensor.dataId);
    if (record.values !== null) {
      // Not sent to TensorFlow yet: record the values without changing the tensor.
      let id = this.unsent.get(record);
      if (id === undefined || !this.refs.has(id)) {
        const max = this.capture(tensor, record);
        id = this.constant(record.shape, record.dtype, record.values, max);
        this.unsent.set(record, id);
        this.ownIds.add(id);
      }
      return id;
    }
    if (isVirtual(record.id)) return record.id;
    let id = this.captured.get(record.id);
    if (id === undefined) {
      const max = this.capture(tensor, record);
      id = this.constant(record.shape, record.dtype, this.real.tensorDataSync(record.id), max);
      this.captured.set(record.id, id);
      this.ownIds.add(id);
    }
    return id;
  }

  /** Prints a tensor at every call. */
  print(label: string, tensor: tf.TensorInfo): void {
    this.prints.push({ label, ref: this.refOf(tensor) });
  }

  typeOf({ node, index }: OutputRef): TensorType {
    return this.nodes[node].outputs[index];
  }

  // The addon's methods, which tfjs-node's backend and kernels call.

  createTensor(shape: readonly number[], dtype: number, values: TensorValues): number {
    return this.constant(shape, dtype, values, MAX_CONSTANT_ELEMENTS);
  }

  executeOp(
    op: string,
    opAttrs: readonly OpAttr[],
    inputIds: readonly number[],
    numOutputs: number,
  ): TensorMetadata[] {
    const where = this.where(op);
    const problem = recordingObstacle(op);
    if (problem !== null) {
      const got = this.context.inLayer(op);
      this.context.fail(new TraceError({ where: this.context.name, got, ...problem }));
    }
    const inputs = inputIds.map((id) => this.ref(id));
    const types = inputs.map((ref) => this.typeOf(ref));
    const inputTypes = types.map(({ dtype }) => dtype);
    const attrs = completeAttrs(op, attrsOf(opAttrs), inputTypes, where);
    const dtypes = outputTypes(op, attrs, inputTypes, where);
    const shapes = this.shapesOf(op, attrs, inputs, numOutputs);
    const outputs = shapes.map((shape, i) => ({ shape, dtype: dtypes[i] }));
    const node = this.add(op, inputs, attrs, outputs);
    if (op === "CheckNumerics") this.checks.push(node);
    return outputs.map(({ shape, dtype }, index) => ({
      id: this.idFor({ node, index }),
      shape: [...shape],
      dtype,
    }));
  }

  tensorDataSync(id: number): Float32Array | Int32Array | Uint8Array {
    if (!isVirtual(id)) return this.real.tensorDataSync(id);
    const ref = this.ref(id);
    if (this.isConstant(ref.node)) return this.evaluate(ref);
    const reader = this.context.kernel;
    const by = reader === null ? "" : ` by tfjs' kernel ${reader}`;
    return this.context.fail(
      new TraceError({
        where: this.context.name,
        expected: "a function that computes with tensors alone",
        got: `values read back${by} from ${describeNode(this.nodes[ref.node])}`,
        remedy:
          "Tensors have no values while a function is recorded. Branch with tf.where, return what " +
          "you need to read, and use the ops of core/ops instead of tfjs kernels that read values.",
      }),
    );
  }

  deleteTensor(id: number): void {
    if (!isVirtual(id)) {
      this.real.deleteTensor(id);
      return;
    }
    this.refs.delete(id);
    this.deferred.delete(id);
  }

  isUsingGpuDevice = (): boolean => this.real.isUsingGpuDevice();
  getNumOfTensors = (): number => this.real.getNumOfTensors();
  loadSavedModel = (): never => this.rejectNested();
  runSavedModel = (): never => this.rejectNested();
  deleteSavedModel = (id: number): void => this.real.deleteSavedModel(id);

  /** Outputs that tensors still refer to: after the trace, these were kept by user code. */
  keptOutputs(): OutputRef[] {
    return [...this.refs].filter(([id]) => !this.ownIds.has(id)).map(([, ref]) => ref);
  }

  /**
   * Computes an output's actual value.
   *
   * @param leaf gives the real tensor of a node that no op computes: an argument or a variable's value
   */
  evaluateId(ref: OutputRef, leaf: (node: number) => number = throwNotConstant): number {
    return replay(this.nodes, [ref], this.real, leaf)[0];
  }

  private evaluate(ref: OutputRef): Float32Array | Int32Array | Uint8Array {
    const id = this.evaluateId(ref);
    const values = this.real.tensorDataSync(id);
    this.real.deleteTensor(id);
    return values;
  }

  private ref(id: number): OutputRef {
    const known = this.refs.get(id);
    if (known !== undefined) return known;
    const make = this.deferred.get(id);
    if (make !== undefined) {
      const made = make();
      this.refs.set(id, made);
      this.deferred.delete(id);
      return made;
    }
    return this.context.fail(
      new TraceError({
        where: this.context.name,
        expected: "tensors of this trace",
        got: "a tensor that was disposed, or kept from another trace",
        remedy: "Return what is needed later from the compiled function.",
      }),
    );
  }

  private isConstant(node: number, seen = new Set<number>()): boolean {
    if (seen.has(node)) return true;
    seen.add(node);
    const { op, inputs } = this.nodes[node];
    if (op === "Const") return true;
    return inputs.length > 0 && inputs.every((input) => this.isConstant(input.node, seen));
  }

  private readConstant(ref: OutputRef, op: string): number[] {
    const { op: producer, attrs } = this.nodes[ref.node];
    const value = attrs["value"] as AttrValue | undefined;
    if (producer === "Const" && value?.kind === "tensor" && !value.value.isSplat) {
      return Array.from(value.value.values as Int32Array);
    }
    if (this.isConstant(ref.node)) return Array.from(this.evaluate(ref));
    return this.context.fail(
      new TraceError({
        where: this.context.name,
        expected: "shapes that are known while recording",
        got: `${this.context.inLayer(op)} with a size or axis computed by ${describeNode(this.nodes[ref.node])}`,
        remedy: "Take sizes from tensor.shape.",
      }),
    );
  }

  private constant(
    shape: readonly number[],
    dtype: number,
    values: TensorValues,
    maxElements: number,
  ): number {
    let value;
    try {
      value = constantValue(this.where("a constant"), shape, dtype, values, maxElements);
    } catch (error) {
      if (error instanceof TraceError) this.context.fail(error);
      throw error;
    }
    const key = constantKey(value);
    let ref = this.constantNodes.get(key);
    if (ref === undefined) {
      const attrs: Attrs = {
        dtype: { kind: "type", value: dtype },
        value: { kind: "tensor", value },
      };
      const node = this.add("Const", [], attrs, [{ shape: [...shape], dtype }]);
      ref = { node, index: 0 };
      this.constantNodes.set(key, ref);
    }
    return this.idFor(ref);
  }

  /** Reports a captured tensor; returns the number of elements it may have. */
  private capture({ dataId }: tf.TensorInfo, { shape, dtype }: TensorRecord): number {
    if (this.context.made.has(dataId)) return MAX_CONSTANT_ELEMENTS;
    const { kernel } = this.context;
    const use = kernel === null ? "returned" : `used by ${this.context.inLayer(kernel)}`;
    try {
      this.onCapture({ dataId, description: `${formatType({ shape, dtype })}, ${use}` });
    } catch (error) {
      if (error instanceof TraceError) this.context.fail(error);
      throw error;
    }
    return this.maxCapturedElements;
  }

  private shapesOf(op: string, attrs: Attrs, inputs: OutputRef[], numOutputs: number): number[][] {
    const shapes = inputs.map((ref) => this.typeOf(ref).shape);
    try {
      const constant = (input: number) => this.readConstant(inputs[input], op);
      const inferred = inferShapes(op, { attrs, shapes, constant, numOutputs });
      return inferred ?? this.measure(op, attrs, inputs, numOutputs);
    } catch (error) {
      if (!(error instanceof ShapeMismatch)) throw error;
      return this.context.fail(
        new TraceError({
          where: this.where(op),
          expected: error.expected,
          got: error.got,
          remedy:
            "Take sizes from tensor.shape: a hard-coded size fits one batch, and not the " +
            "last, smaller one.",
        }),
      );
    }
  }

  /** Output shapes of an op without a shape rule, found by running it on zeros. */
  private measure(op: string, attrs: Attrs, inputs: OutputRef[], numOutputs: number): number[][] {
    const types = inputs.map((ref) => this.typeOf(ref));
    const ids = inputs.map((ref, i) => {
      if (this.isConstant(ref.node)) return this.evaluateId(ref);
      const { shape, dtype } = types[i];
      const size = tf.util.sizeFromShape([...shape]);
      const values =
        dtype === dataType.float32
          ? new Float32Array(size)
          : dtype === dataType.int32
            ? new Int32Array(size)
            : new Uint8Array(size);
      return this.real.createTensor(shape, dtype, values);
    });
    try {
      const made = this.real.executeOp(op, opAttrsOf(attrs), ids, numOutputs);
      for (const { id } of made) this.real.deleteTensor(id);
      return made.map(({ shape }) => shape);
    } catch (error) {
      const given = types.map(formatType).join(", ");
      const message = error instanceof Error ? error.message.replace(/\s+/g, " ") : String(error);
      throw new ShapeMismatch(`inputs that ${op} can take`, `${given} (TensorFlow: ${message})`);
    } finally {
      for (const id of ids) this.real.deleteTensor(id);
    }
  }

  private where(what: string): string {
    return `${this.context.name}, ${this.context.inLayer(what)}`;
  }

  private rejectNested(): never {
    return this.context.fail(
      new TraceError({
        where: this.context.name,
        expected: "ops",
        got: "a run of a SavedModel",
        remedy: "Call the model's function itself; compiled functions are recorded through.",
      }),
    );
  }
}

function throwNotConstant(node: number): never {
  throw new Error(`node ${node} is no constant`);
}
