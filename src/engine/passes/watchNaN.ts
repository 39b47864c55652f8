import { dataType } from "../dtypes";
import { attrOf, describeNode } from "../graph";
import type {
  AttrValue,
  Attrs,
  GraphNode,
  OutputRef,
  RecordedFunction,
  TensorType,
} from "../graph";
import { Rewriter } from "./rewrite";

const { bool, float32, int32 } = dataType;

/** A function that also reports which of its ops produced NaN. */
export interface WatchedFunction {
  /** The last result has one bool per entry of `places`; the unchanged function if there are none. */
  readonly fn: RecordedFunction;
  /** `Conv2D in layer "encoder1/conv"`, in the order in which they are computed. */
  readonly places: readonly string[];
}

const type = (value: number) => ({ kind: "type", value }) as const;
const nowhere = { controls: [], layer: null };

/** Rewrites a function so that each of its ops also reports whether it produced NaN. */
class Watcher {
  readonly places: string[] = [];
  private readonly rewriter: Rewriter;
  /** Bool vectors, one entry per place. */
  private readonly vectors: OutputRef[] = [];
  /** Bool scalars that are not in a vector yet. */
  private scalars: OutputRef[] = [];

  /** @param loop the loop whose body the function is; `null` for a function that a caller calls */
  constructor(
    private readonly source: RecordedFunction,
    private readonly loop: { readonly name: string; readonly layer: string | null } | null,
  ) {
    this.rewriter = new Rewriter(source);
    for (const node of source.nodes) {
      if (node.op === "While") this.watchLoop(node);
      else this.watchOp(node);
    }
  }

  /** The function with the flags as its last result. */
  withFlags(): RecordedFunction {
    if (this.places.length === 0) return this.source;
    const flags = this.flags();
    const written = this.rewriter.finish();
    return { ...written, results: [...written.results, flags] };
  }

  /**
   * The body of a loop that carries the flags as its last parameter and result. They are those of the
   * first iteration that produced NaN, since NaN spreads everywhere in later iterations.
   */
  withCarriedFlags(): RecordedFunction {
    const { rewriter, places } = this;
    const carried = { shape: [places.length], dtype: bool };
    const flags = this.flags();
    const attrs = { dtype: type(bool), shape: { kind: "shape", value: carried.shape } } as const;
    const parameter = rewriter.add("Placeholder", [], attrs, [carried], nowhere);
    const before = { node: parameter, index: 0 };
    const inputs = [this.any(before, 1, nowhere), before, flags];
    const next = rewriter.add("SelectV2", inputs, { T: type(bool) }, [carried], nowhere);
    const written = rewriter.finish();
    return {
      ...written,
      parameters: [...written.parameters, parameter],
      results: [...written.results, { node: next, index: 0 }],
    };
  }

  private watchOp(node: GraphNode): void {
    const made = this.rewriter.copy(node);
    this.rewriter.putNode(made);
    // Inputs of a loop are checked outside the loop.
    if (node.op === "Const" || (node.op === "Placeholder" && this.loop !== null)) return;
    this.askOutputs(node, made);
  }

  private watchLoop(node: GraphNode): void {
    const { rewriter } = this;
    const body = attrOf(node.attrs, "body", "function") as RecordedFunction;
    const cond = attrOf(node.attrs, "cond", "function") as RecordedFunction;
    const inner = new Watcher(body, { name: body.name, layer: node.layer });
    const count = inner.places.length;
    if (count === 0) {
      rewriter.putNode(rewriter.copy(node));
      return;
    }
    const flags = { shape: [count], dtype: bool };
    const none = rewriter.constant({ ...flags, values: Uint8Array.of(0), isSplat: true }, null);
    const types = node.outputs.map(({ dtype }) => dtype);
    const attrs: Attrs = {
      ...node.attrs,
      T: { kind: "types", value: [...types, bool] },
      body: { kind: "function", value: inner.withCarriedFlags() },
      cond: { kind: "function", value: withUnused(cond, flags) },
    };
    const inputs = [...node.inputs.map((ref) => rewriter.map(ref)), none];
    const made = rewriter.add("While", inputs, attrs, [...node.outputs, flags], node);
    rewriter.put(
      node.outputs.map((_, index) => ({ node: made, index })),
      made,
    );
    this.closeVector();
    this.vectors.push({ node: made, index: node.outputs.length });
    this.places.push(...inner.places);
    this.askOutputs(node, made);
  }

  private askOutputs(node: GraphNode, made: number): void {
    const layer = node.layer ?? this.loop?.layer ?? null;
    const where = this.loop === null ? "" : `, in the loop "${this.loop.name}"`;
    const place = node.op === "Placeholder" ? "an argument" : describeNode({ ...node, layer });
    node.outputs.forEach(({ shape, dtype }, index) => {
      if (dtype !== float32) return;
      const from = { controls: [], layer: node.layer };
      const attrs = { T: type(float32) };
      const inputs = [{ node: made, index }];
      const isNaN = this.rewriter.add("IsNan", inputs, attrs, [{ shape, dtype: bool }], from);
      this.scalars.push(this.any({ node: isNaN, index: 0 }, shape.length, from));
      this.places.push(`${place}${where}`);
    });
  }

  /** Whether any entry is true, as a scalar. */
  private any(
    ref: OutputRef,
    rank: number,
    from: Pick<GraphNode, "controls" | "layer">,
  ): OutputRef {
    const values = Int32Array.from({ length: rank }, (_, axis) => axis);
    const axes = this.rewriter.constant(
      { shape: [rank], dtype: int32, values, isSplat: false },
      null,
    );
    const attrs: Attrs = { Tidx: type(int32), keep_dims: { kind: "bool", value: false } };
    const node = this.rewriter.add("Any", [ref, axes], attrs, [{ shape: [], dtype: bool }], from);
    return { node, index: 0 };
  }

  private closeVector(): void {
    if (this.scalars.length === 0) return;
    const N: AttrValue = { kind: "int", value: this.scalars.length };
    const attrs: Attrs = { N, T: type(bool), axis: { kind: "int", value: 0 } };
    const vector = { shape: [this.scalars.length], dtype: bool };
    const node = this.rewriter.add("Pack", this.scalars, attrs, [vector], nowhere);
    this.vectors.push({ node, index: 0 });
    this.scalars = [];
  }

  /** One bool per entry of `places`. */
  private flags(): OutputRef {
    this.closeVector();
    const { rewriter, vectors, places } = this;
    if (vectors.length === 1) return vectors[0];
    const axis = { shape: [], dtype: int32, values: Int32Array.of(0), isSplat: true };
    const inputs = [...vectors, rewriter.constant(axis, null)];
    const N: AttrValue = { kind: "int", value: vectors.length };
    const attrs: Attrs = { N, T: type(bool), Tidx: type(int32) };
    const all = { shape: [places.length], dtype: bool };
    return { node: rewriter.add("ConcatV2", inputs, attrs, [all], nowhere), index: 0 };
  }
}

/** A function with an additional, unused parameter. */
function withUnused(fn: RecordedFunction, unused: TensorType): RecordedFunction {
  const rewriter = new Rewriter(fn);
  for (const node of fn.nodes) rewriter.putNode(rewriter.copy(node));
  const attrs: Attrs = {
    dtype: type(unused.dtype),
    shape: { kind: "shape", value: unused.shape },
  };
  const parameter = rewriter.add("Placeholder", [], attrs, [unused], nowhere);
  const written = rewriter.finish();
  return { ...written, parameters: [...written.parameters, parameter] };
}

/**
 * Adds a check for NaN to every op with a float32 output, including those in loops. TensorFlow cannot
 * fuse ops across a checked output, so no ReLU turns a NaN into 0 unseen.
 */
export function watchNaN(fn: RecordedFunction): WatchedFunction {
  const watcher = new Watcher(fn, null);
  return { fn: watcher.withFlags(), places: watcher.places };
}
