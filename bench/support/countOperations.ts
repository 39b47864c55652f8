import type { GraphNode, RecordedFunction } from "../../src/engine/graph";

const product = (sizes: readonly number[]): number => sizes.reduce((a, b) => a * b, 1);

/** Multiplications and additions of the convolutions and matrix products of a recorded function. */
export function countOperations(fn: RecordedFunction): number {
  const shapeOf = (node: GraphNode, input: number): readonly number[] => {
    const { node: at, index } = node.inputs[input];
    return fn.nodes[at].outputs[index].shape;
  };
  const perNode = (node: GraphNode): number => {
    const output = node.outputs[0]?.shape ?? [];
    switch (node.op) {
      case "Conv2D":
        return 2 * product(output) * product(shapeOf(node, 1).slice(0, 3));
      case "Conv2DBackpropInput":
        return 2 * product(shapeOf(node, 2)) * product(shapeOf(node, 1).slice(0, 3));
      case "Conv2DBackpropFilter":
        return 2 * product(shapeOf(node, 2)) * product(output.slice(0, 3));
      case "MatMul":
      case "BatchMatMul":
      case "BatchMatMulV2": {
        const attr = node.attrs["adj_x"] ?? node.attrs["transpose_a"];
        const left = shapeOf(node, 0);
        const isTransposed = attr?.kind === "bool" && attr.value;
        const inner = left[isTransposed ? left.length - 2 : left.length - 1];
        return 2 * product(output) * inner;
      }
      default:
        return 0;
    }
  };
  return fn.nodes.reduce((sum, node) => sum + perNode(node), 0);
}
