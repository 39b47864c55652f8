import { dataType } from "../dtypes";
import { attrOf } from "../graph";
import type { ConstantValue, GraphNode, OutputRef, RecordedFunction } from "../graph";
import { expandConstant } from "../constants";
import { Rewriter } from "./rewrite";

const type = { kind: "type", value: dataType.float32 } as const;

function floats(value: ConstantValue): Float32Array {
  return expandConstant(value) as Float32Array;
}

/**
 * Folds a batch norm with fixed statistics into the convolution before it, as a new kernel and a bias.
 * For frozen graphs, where kernel and statistics are constants.
 */
export function foldBatchNorm(fn: RecordedFunction): RecordedFunction {
  const rewriter = new Rewriter(fn);
  const uses = countUses(fn);

  const constantOf = ({ node }: OutputRef): ConstantValue | undefined =>
    fn.nodes[node].op === "Const" ? attrOf(fn.nodes[node].attrs, "value", "tensor") : undefined;

  const addConstant = (values: Float32Array, shape: readonly number[], from: GraphNode) => {
    const type = { shape, dtype: dataType.float32 };
    return rewriter.constant({ ...type, values, isSplat: values.length === 1 }, from.layer);
  };

  for (const node of fn.nodes) {
    const folded = foldable(fn, node, uses, constantOf);
    if (folded === null) {
      rewriter.putNode(rewriter.copy(node));
      continue;
    }
    const { convolution, kernel, scale, shift } = folded;
    const channels = scale.length;
    const values = floats(kernel).map((weight, i) => weight * scale[i % channels]);
    const filter = addConstant(values, kernel.shape, node);
    const bias = addConstant(shift, [channels], node);
    const [output] = convolution.outputs;
    const inputs = [rewriter.map(convolution.inputs[0]), filter];
    const product = rewriter.add("Conv2D", inputs, convolution.attrs, [output], convolution);
    const sum = rewriter.add(
      "BiasAdd",
      [{ node: product, index: 0 }, bias],
      { T: type },
      [output],
      node,
    );
    // The statistics outputs have no replacement: nothing reads them when they are fixed.
    rewriter.put([{ node: sum, index: 0 }], sum);
  }
  return rewriter.finish();
}

function countUses(fn: RecordedFunction): Map<string, number> {
  const uses = new Map<string, number>();
  const add = ({ node, index }: OutputRef): void => {
    const key = `${node}:${index}`;
    uses.set(key, (uses.get(key) ?? 0) + 1);
  };
  for (const { inputs } of fn.nodes) inputs.forEach(add);
  fn.results.forEach(add);
  return uses;
}

interface Folded {
  readonly convolution: GraphNode;
  readonly kernel: ConstantValue;
  readonly scale: Float32Array;
  readonly shift: Float32Array;
}

function foldable(
  fn: RecordedFunction,
  node: GraphNode,
  uses: ReadonlyMap<string, number>,
  constantOf: (ref: OutputRef) => ConstantValue | undefined,
): Folded | null {
  if (node.op !== "FusedBatchNormV3" || attrOf(node.attrs, "is_training", "bool") !== false) {
    return null;
  }
  const index = fn.nodes.indexOf(node);
  if ([1, 2, 3, 4, 5].some((output) => uses.has(`${index}:${output}`))) return null;
  const [x, ...parameters] = node.inputs;
  const convolution = fn.nodes[x.node];
  if (convolution.op !== "Conv2D" || uses.get(`${x.node}:0`) !== 1) return null;
  const kernel = constantOf(convolution.inputs[1]);
  const [gamma, beta, mean, variance] = parameters.map(constantOf);
  if (!kernel || !gamma || !beta || !mean || !variance) return null;
  const epsilon = attrOf(node.attrs, "epsilon", "float") ?? 1e-4;
  const spread = floats(variance);
  const scale = floats(gamma).map((value, i) => value / Math.sqrt(spread[i] + epsilon));
  const centre = floats(mean);
  const shift = floats(beta).map((value, i) => value - centre[i] * scale[i]);
  return { convolution, kernel, scale, shift };
}
