import type {
  Attrs,
  ConstantValue,
  GraphNode,
  OutputRef,
  RecordedFunction,
  TensorType,
} from "../graph";

/** Whether two shapes are equal, size by size. */
export const same = (a: readonly number[], b: readonly number[]): boolean =>
  a.length === b.length && a.every((size, axis) => size === b[axis]);

/**
 * Writes a new graph from an old one, node by node in order: a pass decides what replaces each old
 * node, and this class updates the references.
 */
export class Rewriter {
  private readonly nodes: GraphNode[] = [];
  /** For each old node, the new outputs that replace its outputs. */
  private readonly outputs: OutputRef[][] = [];
  /** For each old node, the new node that control edges and effects refer to. */
  private readonly last: number[] = [];

  constructor(readonly source: RecordedFunction) {}

  /** The new reference for an old one. */
  map({ node, index }: OutputRef): OutputRef {
    return this.outputs[node][index];
  }

  typeOf({ node, index }: OutputRef): TensorType {
    return this.nodes[node].outputs[index];
  }

  node(ref: OutputRef): GraphNode {
    return this.nodes[ref.node];
  }

  /** The new control edges for old ones. */
  mapControls(controls: readonly number[]): number[] {
    return controls.map((node) => this.last[node]).filter((node) => node >= 0);
  }

  /** Adds a node and returns its position. */
  add(
    op: string,
    inputs: readonly OutputRef[],
    attrs: Attrs,
    outputs: readonly TensorType[],
    from: Pick<GraphNode, "controls" | "layer">,
  ): number {
    const controls = this.mapControls(from.controls);
    return this.nodes.push({ op, inputs, controls, attrs, outputs, layer: from.layer }) - 1;
  }

  /** Adds a constant. */
  constant(value: ConstantValue, layer: string | null): OutputRef {
    const attrs: Attrs = {
      dtype: { kind: "type", value: value.dtype },
      value: { kind: "tensor", value },
    };
    return { node: this.add("Const", [], attrs, [value], { controls: [], layer }), index: 0 };
  }

  /** Copies an old node, optionally with other inputs. */
  copy(node: GraphNode, inputs = node.inputs.map((ref) => this.map(ref))): number {
    return this.add(node.op, inputs, node.attrs, node.outputs, node);
  }

  /** Sets the replacements of the next old node's outputs. */
  put(outputs: readonly OutputRef[], last: number): void {
    this.outputs.push([...outputs]);
    this.last.push(last);
  }

  /** Replaces the next old node by a new one, output by output. */
  putNode(node: number): void {
    const count = this.nodes[node].outputs.length;
    this.put(
      Array.from({ length: count }, (_, index) => ({ node, index })),
      node,
    );
  }

  /** Removes the next old node without a replacement. */
  drop(): void {
    this.put([], -1);
  }

  /** @param result transforms each result, e.g. by a cast */
  finish(result: (ref: OutputRef) => OutputRef = (ref) => ref): RecordedFunction {
    const { name, parameters, results, effects } = this.source;
    return {
      name,
      // Results first: they may add nodes.
      results: results.map((ref) => result(this.map(ref))),
      nodes: this.nodes,
      parameters: parameters.map((node) => this.last[node]),
      effects: this.mapControls(effects),
    };
  }
}

/** A graph of some of the nodes, which must include their dependencies. */
export function selectNodes(
  fn: RecordedFunction,
  keep: (index: number) => boolean,
): RecordedFunction {
  const rewriter = new Rewriter(fn);
  fn.nodes.forEach((node, index) => {
    if (keep(index)) rewriter.putNode(rewriter.copy(node));
    else rewriter.drop();
  });
  return rewriter.finish();
}
