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
 * Writes a new graph from an old one, node by node in order: a pass decides for each old node what
 * stands in its place, and references are kept right here.
 */
export class Rewriter {
  private readonly nodes: GraphNode[] = [];
  /** For each old node, the new outputs that stand for its outputs. */
  private readonly outputs: OutputRef[][] = [];
  /** For each old node, the new node that control edges and effects mean. */
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

  /** Takes an old node over as it is, or with other inputs. */
  copy(node: GraphNode, inputs = node.inputs.map((ref) => this.map(ref))): number {
    return this.add(node.op, inputs, node.attrs, node.outputs, node);
  }

  /** Says what stands for the outputs of the next old node. */
  put(outputs: readonly OutputRef[], last: number): void {
    this.outputs.push([...outputs]);
    this.last.push(last);
  }

  /** Says that a new node stands for the next old one, output by output. */
  putNode(node: number): void {
    const count = this.nodes[node].outputs.length;
    this.put(
      Array.from({ length: count }, (_, index) => ({ node, index })),
      node,
    );
  }

  /** Says that nothing stands for the next old node. */
  drop(): void {
    this.put([], -1);
  }

  /** @param result what a result becomes, e.g. a cast of it */
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

/** A graph of some of the nodes; what they need must be among them. */
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
