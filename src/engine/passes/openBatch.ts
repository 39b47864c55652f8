import { constantKey, expandConstant } from "../constants";
import { dataType } from "../dtypes";
import { attrOf } from "../graph";
import type {
  AttrValue,
  Attrs,
  ConstantValue,
  GraphNode,
  OutputRef,
  RecordedFunction,
  TensorType,
} from "../graph";
import { prune } from "./prune";
import { same } from "./rewrite";

/** TensorFlow's value for an unknown size. */
const OPEN = -1;

const { float32, int32 } = dataType;

/** Stateful ops: two nodes of them must not be merged into one. */
const stateful = new Set(
  "VarHandleOp ReadVariableOp AssignVariableOp ResourceApplyAdam".split(" "),
);

/** Thrown if the two graphs differ in more than the batch size. */
class NoMatch extends Error {}

const typeAttr = (dtype: number) => ({ kind: "type", value: dtype }) as const;
const intAttr = (value: number) => ({ kind: "int", value }) as const;

/** The batch sizes of two graphs whose arguments differ only in the size of their first axes. */
function batchSizes(a: RecordedFunction, b: RecordedFunction): readonly [number, number] {
  const shapesOf = (fn: RecordedFunction) => fn.parameters.map((node) => fn.nodes[node].outputs[0]);
  const [left, right] = [shapesOf(a), shapesOf(b)];
  if (left.length !== right.length) throw new NoMatch();
  const pairs = left.flatMap(({ shape, dtype }, i) => {
    const other = right[i];
    const fits = dtype === other.dtype && same(shape.slice(1), other.shape.slice(1));
    if (!fits || shape.length !== other.shape.length) throw new NoMatch();
    return shape[0] === other.shape[0] ? [] : [[shape[0], other.shape[0]] as const];
  });
  const isOne = pairs.every(([one, two]) => one === pairs[0][0] && two === pairs[0][1]);
  if (pairs.length === 0 || !isOne) throw new NoMatch();
  return pairs[0];
}

/**
 * Merges attributes: they must be equal, except that the bodies and conditions of loops are merged as
 * graphs.
 */
function mergeAttrs(a: Attrs, b: Attrs): Attrs {
  const keys = Object.keys(a);
  if (keys.length !== Object.keys(b).length) throw new NoMatch();
  return Object.fromEntries(
    keys.map((key): [string, AttrValue] => {
      const [one, two] = [a[key], b[key] as AttrValue | undefined];
      if (JSON.stringify(one) === JSON.stringify(two)) return [key, one];
      if (one.kind !== "function" || two?.kind !== "function") throw new NoMatch();
      return [key, { kind: "function", value: prune(new Merger(one.value, two.value).merge()) }];
    }),
  );
}

/** Traverses two graphs in parallel and writes the general graph that both are instances of. */
class Merger {
  readonly nodes: GraphNode[] = [];
  private readonly pairs = new Map<string, number>();
  private readonly partners = new Map<number, number>();
  private readonly scalars = new Map<number, OutputRef>();
  private readonly sizes: readonly [number, number];
  private batch: OutputRef | null = null;

  constructor(
    private readonly a: RecordedFunction,
    private readonly b: RecordedFunction,
  ) {
    this.sizes = batchSizes(a, b);
  }

  merge(): RecordedFunction {
    const { a, b } = this;
    if (a.results.length !== b.results.length || a.effects.length !== b.effects.length) {
      throw new NoMatch();
    }
    const parameters = a.parameters.map((node, i) => this.parameter(node, b.parameters[i]));
    const wanted = [
      ...a.effects.map((node, i) => [node, b.effects[i]] as const),
      ...a.results.map(({ node }, i) => [node, b.results[i].node] as const),
    ];
    for (const [left, right] of wanted) this.walk(left, right);
    return {
      name: a.name,
      nodes: this.nodes,
      parameters,
      results: a.results.map((ref, i) => this.ref(ref, b.results[i])),
      effects: a.effects.map((node, i) => this.at(node, b.effects[i])),
    };
  }

  /** Merges a pair of nodes after its dependencies; iterative, since graphs are deep. */
  private walk(left: number, right: number): void {
    const pending: (readonly [number, number])[] = [[left, right]];
    for (let top = pending.at(-1); top !== undefined; top = pending.at(-1)) {
      const [x, y] = top;
      if (this.pairs.has(`${x}:${y}`)) {
        pending.pop();
        continue;
      }
      const missing = this.needs(x, y).filter(([i, j]) => !this.pairs.has(`${i}:${j}`));
      if (missing.length > 0) {
        pending.push(...missing);
        continue;
      }
      pending.pop();
      this.pairs.set(`${x}:${y}`, this.combine(x, y));
    }
  }

  private needs(x: number, y: number): (readonly [number, number])[] {
    const [left, right] = [this.a.nodes[x], this.b.nodes[y]];
    const fits =
      left.op === right.op &&
      left.op !== "Placeholder" &&
      left.inputs.length === right.inputs.length &&
      left.controls.length === right.controls.length;
    if (!fits) throw new NoMatch();
    const inputs = left.inputs.map(({ node }, i) => [node, right.inputs[i].node] as const);
    return [...inputs, ...left.controls.map((node, i) => [node, right.controls[i]] as const)];
  }

  private at(left: number, right: number): number {
    const made = this.pairs.get(`${left}:${right}`);
    if (made === undefined) throw new NoMatch();
    return made;
  }

  private ref(left: OutputRef, right: OutputRef): OutputRef {
    if (left.index !== right.index) throw new NoMatch();
    return { node: this.at(left.node, right.node), index: left.index };
  }

  private add(
    op: string,
    inputs: readonly OutputRef[],
    attrs: Attrs,
    outputs: readonly TensorType[],
    from: Pick<GraphNode, "controls" | "layer">,
  ): number {
    const { controls, layer } = from;
    return this.nodes.push({ op, inputs, controls, attrs, outputs, layer }) - 1;
  }

  private addOne(op: string, inputs: OutputRef[], attrs: Attrs, type: TensorType): OutputRef {
    return { node: this.add(op, inputs, attrs, [type], { controls: [], layer: null }), index: 0 };
  }

  private constant(value: ConstantValue): OutputRef {
    const attrs: Attrs = { dtype: typeAttr(value.dtype), value: { kind: "tensor", value } };
    return this.addOne("Const", [], attrs, { shape: value.shape, dtype: value.dtype });
  }

  private parameter(left: number, right: number): number {
    const [{ shape, dtype }] = this.a.nodes[left].outputs;
    const isOpen = shape[0] !== this.b.nodes[right].outputs[0].shape[0];
    const type = { shape: isOpen ? [OPEN, ...shape.slice(1)] : shape, dtype };
    const attrs: Attrs = { dtype: typeAttr(dtype), shape: { kind: "shape", value: type.shape } };
    const node = this.add("Placeholder", [], attrs, [type], { controls: [], layer: null });
    this.pairs.set(`${left}:${right}`, node);
    if (isOpen) this.batch ??= this.firstSize({ node, index: 0 }, dtype, shape.length);
    return node;
  }

  /** The batch size as an int32 scalar of the graph. */
  private firstSize(ref: OutputRef, dtype: number, rank: number): OutputRef {
    const sizes = { shape: [rank], dtype: int32 };
    const shape = this.addOne(
      "Shape",
      [ref],
      { T: typeAttr(dtype), out_type: typeAttr(int32) },
      sizes,
    );
    const ints = (value: number): OutputRef =>
      this.constant({ shape: [1], dtype: int32, values: Int32Array.of(value), isSplat: true });
    const attrs: Attrs = {
      T: typeAttr(int32),
      Index: typeAttr(int32),
      begin_mask: intAttr(0),
      end_mask: intAttr(0),
      ellipsis_mask: intAttr(0),
      new_axis_mask: intAttr(0),
      shrink_axis_mask: intAttr(1),
    };
    return this.addOne("StridedSlice", [shape, ints(0), ints(1), ints(1)], attrs, {
      shape: [],
      dtype: int32,
    });
  }

  private combine(x: number, y: number): number {
    const [left, right] = [this.a.nodes[x], this.b.nodes[y]];
    if (stateful.has(left.op) && (this.partners.get(x) ?? y) !== y) throw new NoMatch();
    this.partners.set(x, y);
    if (left.op === "Const") return this.combineConstants(left, right).node;
    const attrs = mergeAttrs(left.attrs, right.attrs);
    const outputs = left.outputs.map(({ shape, dtype }, i): TensorType => {
      const other = right.outputs[i];
      if (other.dtype !== dtype || other.shape.length !== shape.length) throw new NoMatch();
      return { shape: shape.map((size, k) => (size === other.shape[k] ? size : OPEN)), dtype };
    });
    const inputs = left.inputs.map((ref, i) => this.ref(ref, right.inputs[i]));
    if (left.op === "Reshape") {
      inputs[1] = this.reshapeSizes(left.inputs[1], right.inputs[1]) ?? inputs[1];
    }
    const controls = left.controls.map((node, i) => this.at(node, right.controls[i]));
    return this.add(left.op, inputs, attrs, outputs, { controls, layer: left.layer });
  }

  /** A reshape with one unknown size uses -1 for it, so that TensorFlow still knows the other sizes. */
  private reshapeSizes(left: OutputRef, right: OutputRef): OutputRef | null {
    const [one, two] = [constantOf(this.a, left), constantOf(this.b, right)];
    if (one === undefined || two === undefined) return null;
    const sizes = Array.from(expandConstant(one) as Int32Array);
    const others = expandConstant(two) as Int32Array;
    const open = sizes.filter((size, i) => size !== others[i]);
    if (open.length !== 1 || sizes.includes(OPEN)) return null;
    const values = Int32Array.from(sizes, (size, i) => (size === others[i] ? size : OPEN));
    return this.constant({ shape: one.shape, dtype: int32, values, isSplat: values.length === 1 });
  }

  private combineConstants(left: GraphNode, right: GraphNode): OutputRef {
    const one = attrOf(left.attrs, "value", "tensor");
    const two = attrOf(right.attrs, "value", "tensor");
    if (one === undefined || two === undefined || one.dtype !== two.dtype) throw new NoMatch();
    if (constantKey(one) === constantKey(two)) {
      const [type] = left.outputs;
      return {
        node: this.add("Const", [], left.attrs, [type], { controls: [], layer: left.layer }),
        index: 0,
      };
    }
    if (one.shape.length !== two.shape.length) throw new NoMatch();
    if (one.isSplat && two.isSplat) return this.splat(one, two);
    if (one.dtype !== int32 || one.shape.length !== 1) throw new NoMatch();
    const [first, second] = [one, two].map((value) =>
      Array.from(expandConstant(value) as Int32Array),
    );
    return first.length === second.length
      ? this.vector(first, second)
      : this.progression(first, second);
  }

  /** A constant of equal elements whose shape or value depends on the batch. */
  private splat(one: ConstantValue, two: ConstantValue): OutputRef {
    const { dtype } = one;
    const value =
      one.values[0] === two.values[0] || Object.is(one.values[0], two.values[0])
        ? this.constant({ shape: [], dtype, values: one.values, isSplat: true })
        : dtype === int32
          ? this.size(one.values[0] as number, two.values[0] as number)
          : this.factor(one.values[0] as number, two.values[0] as number, dtype);
    if (one.shape.length === 0) return value;
    const attrs: Attrs = { T: typeAttr(dtype), index_type: typeAttr(int32) };
    const shape = one.shape.map((size, i) => (size === two.shape[i] ? size : OPEN));
    return this.addOne("Fill", [this.vector(one.shape, two.shape), value], attrs, { shape, dtype });
  }

  /** An int32 vector of sizes. */
  private vector(one: readonly number[], two: readonly number[]): OutputRef {
    const sizes = one.map((size, i) => this.size(size, two[i]));
    const attrs: Attrs = { N: intAttr(sizes.length), T: typeAttr(int32), axis: intAttr(0) };
    return this.addOne("Pack", sizes, attrs, { shape: [sizes.length], dtype: int32 });
  }

  /** An int32 scalar that is equal for both batch sizes, or an integer multiple of the batch size. */
  private size(one: number, two: number): OutputRef {
    if (one === two) return this.intScalar(one);
    const times = one / this.sizes[0];
    if (!Number.isInteger(times) || times * this.sizes[1] !== two) throw new NoMatch();
    if (times === 1) return this.batchSize();
    const type = { shape: [], dtype: int32 };
    return this.addOne(
      "Mul",
      [this.batchSize(), this.intScalar(times)],
      { T: typeAttr(int32) },
      type,
    );
  }

  /**
   * A float32 scalar proportional or inversely proportional to the batch size, such as the divisor of
   * a mean.
   */
  private factor(one: number, two: number, dtype: number): OutputRef {
    if (dtype !== float32) throw new NoMatch();
    const [a, b] = this.sizes;
    const type = { shape: [], dtype: float32 };
    const T = typeAttr(float32);
    const cast = { SrcT: typeAttr(int32), DstT: T };
    const scalar = (value: number): OutputRef =>
      this.constant({ ...type, values: Float32Array.of(value), isSplat: true });
    const [times, share] = [Math.fround(one / a), Math.fround(one * a)];
    if (Math.fround(times * a) === one && Math.fround(times * b) === two) {
      const batch = this.addOne("Cast", [this.batchSize()], cast, type);
      return this.addOne("Mul", [batch, scalar(times)], { T }, type);
    }
    if (Math.fround(share / a) !== one || Math.fround(share / b) !== two) throw new NoMatch();
    const batch = this.addOne("Cast", [this.batchSize()], cast, type);
    return this.addOne("RealDiv", [scalar(share), batch], { T }, type);
  }

  /** `start, start + step, …`, with a length that depends on the batch size. */
  private progression(one: readonly number[], two: readonly number[]): OutputRef {
    const [start] = one;
    const step = one[1] - start;
    const runs = (values: readonly number[]) =>
      values.every((value, i) => value === start + i * step);
    if (one.length < 2 || step === 0 || !runs(one) || !runs(two)) throw new NoMatch();
    const limit = this.size(start + one.length * step, start + two.length * step);
    const inputs = [this.intScalar(start), limit, this.intScalar(step)];
    return this.addOne("Range", inputs, { Tidx: typeAttr(int32) }, { shape: [OPEN], dtype: int32 });
  }

  private batchSize(): OutputRef {
    if (this.batch === null) throw new NoMatch();
    return this.batch;
  }

  private intScalar(value: number): OutputRef {
    let ref = this.scalars.get(value);
    if (ref === undefined) {
      ref = this.constant({ shape: [], dtype: int32, values: Int32Array.of(value), isSplat: true });
      this.scalars.set(value, ref);
    }
    return ref;
  }
}

function constantOf(fn: RecordedFunction, { node }: OutputRef): ConstantValue | undefined {
  const { op, attrs } = fn.nodes[node];
  return op === "Const" ? attrOf(attrs, "value", "tensor") : undefined;
}

/**
 * One graph for every batch size, derived from the graphs of one function for two sizes: they may
 * differ only in sizes that are multiples of the batch, which are then computed from the argument's
 * shape. To check a third size, merge its graph with the first and compare, see {@link sameGraph}: a
 * function may behave differently from, say, 16 images on.
 *
 * @param a the graph for one batch size
 * @param b the graph for another batch size
 * @returns `null` if the graphs differ in more than that
 */
export function openBatch(a: RecordedFunction, b: RecordedFunction): RecordedFunction | null {
  try {
    return prune(new Merger(a, b).merge());
  } catch (error) {
    if (error instanceof NoMatch) return null;
    throw error;
  }
}

/** Whether two graphs are equal, node by node. */
export function sameGraph(a: RecordedFunction, b: RecordedFunction): boolean {
  return graphKey(a) === graphKey(b);
}

function graphKey({ nodes, parameters, results, effects }: RecordedFunction): string {
  const text = nodes.map(({ op, inputs, controls, attrs, outputs }) => {
    const value = op === "Const" ? attrOf(attrs, "value", "tensor") : undefined;
    const held = value === undefined ? attrs : constantKey(value);
    return [op, inputs, controls, held, outputs.map(({ shape }) => shape)];
  });
  return JSON.stringify([text, parameters, results, effects]);
}
