import { dataType } from "../dtypes";
import { attrOf } from "../graph";
import type { GraphNode, OutputRef, RecordedFunction } from "../graph";
import { Rewriter, same } from "./rewrite";

/** Ops whose output holds the values of their first input in another shape. */
const reshaping = new Set("Reshape Identity Squeeze ExpandDims BroadcastTo Tile".split(" "));

/**
 * Removes multiplications by one, and multiplies by a scalar instead of by a tensor of equal values.
 * tfjs' gradients of sums and means contain such products: `ones(x.shape) * dy`, each as large as an
 * activation. Results stay bitwise equal.
 */
export function foldSplats(fn: RecordedFunction): RecordedFunction {
  const rewriter = new Rewriter(fn);
  /** Values of the nodes of the new graph whose elements are all equal. */
  const splats = new Map<number, number>();
  const splatOf = ({ node, index }: OutputRef): number | undefined =>
    index === 0 ? splats.get(node) : undefined;

  const valueOf = (node: GraphNode, inputs: readonly OutputRef[]): number | undefined => {
    if (node.outputs[0]?.dtype !== dataType.float32) return undefined;
    if (node.op === "Const") {
      const value = attrOf(node.attrs, "value", "tensor");
      return value?.isSplat === true ? (value.values[0] as number) : undefined;
    }
    if (reshaping.has(node.op)) return splatOf(inputs[0]);
    if (node.op === "Fill") return splatOf(inputs[1]);
    if (node.op !== "Mul") return undefined;
    const [a, b] = inputs.map(splatOf);
    return a === undefined || b === undefined ? undefined : Math.fround(a * b);
  };

  const scalar = (value: number, node: GraphNode): OutputRef => {
    const type = { shape: [], dtype: dataType.float32 };
    const splat = { ...type, values: Float32Array.of(value), isSplat: true };
    const made = rewriter.constant(splat, node.layer);
    splats.set(made.node, value);
    return made;
  };

  for (const node of fn.nodes) {
    const inputs = node.inputs.map((ref) => rewriter.map(ref));
    const value = valueOf(node, inputs);
    if (node.op === "Mul" && node.controls.length === 0 && value === undefined) {
      const at = inputs.findIndex((ref) => splatOf(ref) !== undefined);
      const [factor, other] = at === 0 ? inputs : [inputs[1], inputs[0]];
      const isWhole = at >= 0 && same(rewriter.typeOf(other).shape, node.outputs[0].shape);
      const by = isWhole ? splatOf(factor) : undefined;
      if (by === 1) {
        rewriter.put([other], other.node);
        continue;
      }
      if (by !== undefined && rewriter.typeOf(factor).shape.length > 0) {
        rewriter.putNode(rewriter.copy(node, [other, scalar(by, node)]));
        continue;
      }
    }
    const made = rewriter.copy(node, inputs);
    if (value !== undefined) splats.set(made, value);
    rewriter.putNode(made);
  }
  return rewriter.finish();
}
