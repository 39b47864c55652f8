import { formatShape } from "../core/shapes";
import type { TensorValues } from "./binding";
import { dtypeName } from "./dtypes";

/** One output of a node, by the node's position in its graph. */
export interface OutputRef {
  readonly node: number;
  readonly index: number;
}

export interface TensorType {
  readonly shape: readonly number[];
  /** TensorFlow's type code, see `dataType`. */
  readonly dtype: number;
}

/** A constant's values; a single value for all elements if `isSplat`. */
export interface ConstantValue extends TensorType {
  readonly values: TensorValues;
  readonly isSplat: boolean;
}

/** The type of an attribute's value, by attribute kind. */
interface AttrKinds {
  bool: boolean;
  int: number;
  ints: readonly number[];
  float: number;
  floats: readonly number[];
  type: number;
  types: readonly number[];
  shape: readonly number[];
  string: string;
  tensor: ConstantValue;
  /** The condition or the body of a loop: its parameters are the op's inputs. */
  function: RecordedFunction;
}

export type AttrValue = {
  [K in keyof AttrKinds]: { readonly kind: K; readonly value: AttrKinds[K] };
}[keyof AttrKinds];

export type Attrs = Readonly<Record<string, AttrValue>>;

/** An attribute's value, or `undefined` if it is absent or of another kind. */
export function attrOf<K extends keyof AttrKinds>(
  attrs: Attrs,
  name: string,
  kind: K,
): AttrKinds[K] | undefined {
  const attr = attrs[name] as AttrValue | undefined;
  return attr?.kind === kind ? (attr.value as AttrKinds[K]) : undefined;
}

/** A recorded op. Nodes are immutable; a pass writes a new graph. */
export interface GraphNode {
  readonly op: string;
  readonly inputs: readonly OutputRef[];
  /** Nodes that must run before this one although it does not use their outputs. */
  readonly controls: readonly number[];
  readonly attrs: Attrs;
  readonly outputs: readonly TensorType[];
  /** The path of the layer that made it, e.g. `decoder1/lshAttention`; `null` outside of layers. */
  readonly layer: string | null;
}

/** Nodes in topological order. */
export interface Graph {
  readonly nodes: readonly GraphNode[];
}

/** The view of a node that a shape rule receives. */
export interface ShapeContext {
  readonly attrs: Attrs;
  /** Shapes of the inputs. */
  readonly shapes: readonly (readonly number[])[];
  /** The values of an int32 input: sizes, axes, permutations. Throws if it is not a constant. */
  readonly constant: (input: number) => number[];
  readonly numOutputs: number;
}

export type ShapeFunction = (node: ShapeContext) => readonly (readonly number[])[];

/** A recorded function: a graph with its parameters, results and effects. */
export interface RecordedFunction extends Graph {
  readonly name: string;
  /** `Placeholder` nodes, one per tensor argument, in order. */
  readonly parameters: readonly number[];
  readonly results: readonly OutputRef[];
  /** Nodes that write variables: they run whether or not a result needs them. */
  readonly effects: readonly number[];
}

/** `Conv2D in layer "encoder1/conv"`: how messages name a node. */
export function describeNode(node: GraphNode): string {
  return node.layer === null ? node.op : `${node.op} in layer "${node.layer}"`;
}

/** `float32 [2, 3]` */
export function formatType({ shape, dtype }: TensorType): string {
  return `${dtypeName(dtype)} ${formatShape(shape)}`;
}
