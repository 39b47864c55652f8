import { dataType } from "../dtypes";
import type { GraphNode, OutputRef, RecordedFunction } from "../graph";
import { hasGroupedGradients } from "../groupedGradients";
import { completeAttrs, outputTypes } from "../opSpec";
import { Rewriter } from "./rewrite";

const { bfloat16, float32 } = dataType;

const sizeOf = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);

/** Convolutions and matrix products, which bfloat16 speeds up. */
const products = new Set(
  "Conv2D Conv2DBackpropInput Conv2DBackpropFilter MatMul BatchMatMul BatchMatMulV2".split(" "),
);

/** The products among them that may be limited by memory bandwidth, depending on their sizes. */
const matrixProducts = new Set("MatMul BatchMatMul BatchMatMulV2".split(" "));

/**
 * Operations per number read or written from which bfloat16 speeds up a matrix product. Below this, as
 * in attention with few channels per head, the casts take longer than the product saves.
 */
const LEAST_INTENSITY = 48;

/**
 * A product whose inputs are already bfloat16 and whose output is at least this many times smaller
 * than they are, such as a filter gradient, needs almost no casts.
 */
const SMALL_SHARE = 8;

/** Operations of a matrix product divided by the numbers that it reads and writes. */
function intensity(left: readonly number[], right: readonly number[], output: readonly number[]) {
  const [a, b, c] = [left, right, output].map(sizeOf);
  const inner = Math.sqrt((a * b) / (c * sizeOf(output.slice(0, -2))));
  return (2 * c * inner) / (a + b + c);
}

const normalizations = new Set(["FusedBatchNormV3", "FusedBatchNormGradV3"]);

/**
 * oneDNN normalises channels in blocks of this size; in bfloat16, any other number of channels is
 * processed one by one, which is much slower.
 */
const BLOCK = 16;

/** Other ops that stay in bfloat16 if the input with this index is bfloat16. */
const followers: Readonly<Record<string, number>> = {
  Relu: 0,
  ReluGrad: 1,
  MaxPool: 0,
  MaxPoolGrad: 0,
  FusedBatchNormV3: 0,
  FusedBatchNormGradV3: 1,
  BiasAdd: 0,
  SplitV: 0,
  Split: 1,
  Slice: 0,
  Pad: 0,
  PadV2: 0,
  Reshape: 0,
  Squeeze: 0,
  ExpandDims: 0,
  Transpose: 0,
  Identity: 0,
  GatherV2: 0,
};

/**
 * Sums and concatenations, in bfloat16 if every input of the largest size is. Differences are
 * excluded: softmax and normalisation subtract the maximum or the mean in float32.
 */
const joins = new Set("Add AddV2 AddN ConcatV2 Pack".split(" "));

/**
 * Runs convolutions, matrix products and the ops between them in bfloat16. Weights, statistics,
 * losses, softmax and all other arithmetic stay in float32; gradients of weights are computed in
 * bfloat16 and cast to float32 before use, as in Keras' mixed precision.
 */
export function lowerToBfloat16(fn: RecordedFunction): RecordedFunction {
  const rewriter = new Rewriter(fn);
  const casts = new Map<string, OutputRef>();

  const cast = (ref: OutputRef, dtype: number): OutputRef => {
    const type = rewriter.typeOf(ref);
    if (type.dtype === dtype || (type.dtype !== float32 && type.dtype !== bfloat16)) return ref;
    const key = `${ref.node}:${ref.index}:${dtype}`;
    let made = casts.get(key);
    if (made === undefined) {
      const { layer } = rewriter.node(ref);
      const attrs = {
        SrcT: { kind: "type", value: type.dtype },
        DstT: { kind: "type", value: dtype },
      } as const;
      const output = { shape: type.shape, dtype };
      const node = rewriter.add("Cast", [ref], attrs, [output], { controls: [], layer });
      made = { node, index: 0 };
      casts.set(key, made);
    }
    return made;
  };

  const isNarrow = (ref: OutputRef): boolean => rewriter.typeOf(ref).dtype === bfloat16;

  const isGrouped = (op: string, inputs: readonly OutputRef[], outputs: GraphNode["outputs"]) => {
    const shapeOf = (index: number): readonly number[] => rewriter.typeOf(inputs[index]).shape;
    const [{ shape: output }] = outputs;
    if (op === "Conv2D") return shapeOf(0)[3] !== shapeOf(1)[2];
    if (op === "Conv2DBackpropFilter") return shapeOf(0)[3] !== output[2];
    return op === "Conv2DBackpropInput" && output[3] !== shapeOf(1)[2];
  };

  const runsNarrow = ({ op, outputs }: GraphNode, inputs: readonly OutputRef[]): boolean => {
    if (matrixProducts.has(op)) {
      const [left, right] = inputs.map((ref) => rewriter.typeOf(ref).shape);
      const output = outputs[0].shape;
      const isReduction = sizeOf(output) * SMALL_SHARE <= sizeOf(left) + sizeOf(right);
      if (isReduction && inputs.every(isNarrow)) return true;
      return intensity(left, right, output) >= LEAST_INTENSITY;
    }
    if (products.has(op)) return !isGrouped(op, inputs, outputs) || hasGroupedGradients("bfloat16");
    if (normalizations.has(op) && (outputs[0].shape.at(-1) ?? 0) % BLOCK !== 0) return false;
    if (op in followers) return isNarrow(inputs[followers[op]]);
    if (!joins.has(op)) return false;
    const sizes = inputs.map((ref) => sizeOf(rewriter.typeOf(ref).shape));
    const largest = Math.max(...sizes);
    return inputs.every((ref, i) => isNarrow(ref) || sizes[i] < largest) && inputs.some(isNarrow);
  };

  fn.nodes.forEach((node, index) => {
    const given = node.inputs.map((ref) => rewriter.map(ref));
    const isLow = runsNarrow(node, given);
    const inputs = given.map((ref, i) =>
      cast(ref, isLow && acceptsBfloat16(node, i) ? bfloat16 : float32),
    );
    const types = inputs.map((ref) => rewriter.typeOf(ref).dtype);
    const where = `${fn.name}, node ${index}`;
    const attrs = completeAttrs(node.op, node.attrs, types, where);
    const dtypes = outputTypes(node.op, attrs, types, where);
    const outputs = node.outputs.map(({ shape }, i) => ({ shape, dtype: dtypes[i] }));
    rewriter.putNode(rewriter.add(node.op, inputs, attrs, outputs, node));
  });
  return rewriter.finish((ref) => cast(ref, float32));
}

/** Batch norm's scale, offset and statistics stay float32 even if its image is bfloat16. */
function acceptsBfloat16({ op }: GraphNode, input: number): boolean {
  if (op === "FusedBatchNormV3") return input === 0;
  if (op === "FusedBatchNormGradV3") return input < 2;
  return true;
}
