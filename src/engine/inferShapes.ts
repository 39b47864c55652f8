import { attrOf } from "./graph";
import type { ShapeContext, ShapeFunction } from "./graph";
import { convolutionShapes } from "./inferConvolutionShapes";

type Shape = readonly number[];

const product = (sizes: Shape): number => sizes.reduce((a, b) => a * b, 1);
const wrap = (axis: number, rank: number): number => (axis < 0 ? axis + rank : axis);

/** The shape of an elementwise op of several inputs. */
export function broadcast(...shapes: Shape[]): number[] {
  const rank = Math.max(...shapes.map((shape) => shape.length));
  return Array.from({ length: rank }, (_, axis) => {
    const sizes = shapes.map((shape) => shape[axis - rank + shape.length] ?? 1);
    return sizes.find((size) => size !== 1) ?? 1;
  });
}

const likeFirst: ShapeFunction = ({ shapes }) => [shapes[0]];
const likeSecond: ShapeFunction = ({ shapes }) => [shapes[1]];
const elementwise: ShapeFunction = ({ shapes }) => [broadcast(...shapes)];
const shapeInput =
  (input: number): ShapeFunction =>
  ({ constant }) => [constant(input)];

const reduction: ShapeFunction = ({ shapes: [shape], attrs, constant }) => {
  const axes = new Set(constant(1).map((axis) => wrap(axis, shape.length)));
  if (attrOf(attrs, "keep_dims", "bool") === true) {
    return [shape.map((size, axis) => (axes.has(axis) ? 1 : size))];
  }
  return [shape.filter((_, axis) => !axes.has(axis))];
};

const withoutAxis: ShapeFunction = ({ shapes: [shape], constant }) => {
  const axis = wrap(constant(1)[0], shape.length);
  return [shape.filter((_, i) => i !== axis)];
};

const matrixProduct =
  (transposeA: string, transposeB: string): ShapeFunction =>
  ({ shapes: [a, b], attrs }) => {
    const rows = attrOf(attrs, transposeA, "bool") === true ? a.length - 1 : a.length - 2;
    const columns = attrOf(attrs, transposeB, "bool") === true ? b.length - 2 : b.length - 1;
    return [[...broadcast(a.slice(0, -2), b.slice(0, -2)), a[rows], b[columns]]];
  };

const reshape: ShapeFunction = ({ shapes: [shape], constant }) => {
  const wanted = constant(1);
  const known = product(wanted.filter((size) => size >= 0));
  return [wanted.map((size) => (size >= 0 ? size : product(shape) / known))];
};

const slice: ShapeFunction = ({ shapes: [shape], constant }) => {
  const begin = constant(1);
  return [constant(2).map((size, axis) => (size === -1 ? shape[axis] - begin[axis] : size))];
};

const pad: ShapeFunction = ({ shapes: [shape], constant }) => {
  const widths = constant(1);
  return [shape.map((size, axis) => size + widths[2 * axis] + widths[2 * axis + 1])];
};

const concat: ShapeFunction = ({ shapes, constant }) => {
  const parts = shapes.slice(0, -1);
  const axis = wrap(constant(shapes.length - 1)[0], parts[0].length);
  const total = parts.reduce((sum, part) => sum + part[axis], 0);
  return [parts[0].map((size, i) => (i === axis ? total : size))];
};

const pack: ShapeFunction = ({ shapes, attrs }) => {
  const axis = wrap(attrOf(attrs, "axis", "int") ?? 0, shapes[0].length + 1);
  return [[...shapes[0].slice(0, axis), shapes.length, ...shapes[0].slice(axis)]];
};

const unpack: ShapeFunction = ({ shapes: [shape], attrs, numOutputs }) => {
  const axis = wrap(attrOf(attrs, "axis", "int") ?? 0, shape.length);
  const part = shape.filter((_, i) => i !== axis);
  return Array.from({ length: numOutputs }, () => part);
};

const splitV: ShapeFunction = ({ shapes: [shape], constant }) => {
  const axis = wrap(constant(2)[0], shape.length);
  const sizes = constant(1);
  const known = product([sizes.filter((size) => size >= 0).reduce((a, b) => a + b, 0)]);
  return sizes.map((size) =>
    shape.map((whole, i) => (i === axis ? (size >= 0 ? size : whole - known) : whole)),
  );
};

const split: ShapeFunction = ({ shapes: [, shape], constant, numOutputs }) => {
  const axis = wrap(constant(0)[0], shape.length);
  const part = shape.map((size, i) => (i === axis ? size / numOutputs : size));
  return Array.from({ length: numOutputs }, () => part);
};

const gather: ShapeFunction = ({ shapes: [params, indices], attrs, constant }) => {
  const axis = wrap(constant(2)[0], params.length);
  const batchDims = attrOf(attrs, "batch_dims", "int") ?? 0;
  return [[...params.slice(0, axis), ...indices.slice(batchDims), ...params.slice(axis + 1)]];
};

const gatherNd: ShapeFunction = ({ shapes: [params, indices] }) => {
  const depth = indices[indices.length - 1];
  return [[...indices.slice(0, -1), ...params.slice(depth)]];
};

const expandDims: ShapeFunction = ({ shapes: [shape], constant }) => {
  const axis = wrap(constant(1)[0], shape.length + 1);
  return [[...shape.slice(0, axis), 1, ...shape.slice(axis)]];
};

const squeeze: ShapeFunction = ({ shapes: [shape], attrs }) => {
  const axes = (attrOf(attrs, "squeeze_dims", "ints") ?? []).map((a) => wrap(a, shape.length));
  return [shape.filter((size, axis) => (axes.length > 0 ? !axes.includes(axis) : size !== 1))];
};

const oneHot: ShapeFunction = ({ shapes: [indices], attrs, constant }) => {
  const given = attrOf(attrs, "axis", "int") ?? -1;
  const axis = given === -1 ? indices.length : given;
  return [[...indices.slice(0, axis), constant(1)[0], ...indices.slice(axis)]];
};

const topK: ShapeFunction = ({ shapes: [shape], constant }) => {
  const result = [...shape.slice(0, -1), constant(1)[0]];
  return [result, result];
};

const segmentSum: ShapeFunction = ({ shapes: [data, segments], constant }) => [
  [constant(2)[0], ...data.slice(segments.length)],
];

const range: ShapeFunction = ({ constant }) => {
  const [start, limit, delta] = [0, 1, 2].map((input) => constant(input)[0]);
  return [[Math.max(0, Math.ceil((limit - start) / delta))]];
};

const stridedSlice: ShapeFunction = ({ shapes: [shape], attrs, constant }) => {
  const mask = (name: string, bit: number): boolean =>
    (((attrOf(attrs, name, "int") ?? 0) >> bit) & 1) === 1;
  const [begin, end, strides] = [constant(1), constant(2), constant(3)];
  if ([...begin.keys()].some((i) => mask("ellipsis_mask", i) || mask("new_axis_mask", i))) {
    throw new RangeError("StridedSlice with an ellipsis or a new axis");
  }
  const clamp = (at: number, low: number, high: number): number =>
    Math.min(Math.max(at, low), high);
  return [
    shape.flatMap((size, axis) => {
      if (axis >= begin.length) return [size];
      if (mask("shrink_axis_mask", axis)) return [];
      const step = strides[axis];
      const [low, high] = step > 0 ? [0, size] : [-1, size - 1];
      const from = mask("begin_mask", axis)
        ? step > 0
          ? 0
          : size - 1
        : clamp(wrap(begin[axis], size), low, high);
      const to = mask("end_mask", axis)
        ? step > 0
          ? size
          : -1
        : clamp(wrap(end[axis], size), low, high);
      return [Math.max(0, Math.ceil((to - from) / step))];
    }),
  ];
};

const spaceToBatch: ShapeFunction = ({ shapes: [shape], constant }) => {
  const blocks = constant(1);
  const widths = constant(2);
  const inner = blocks.map(
    (block, i) => (shape[i + 1] + widths[2 * i] + widths[2 * i + 1]) / block,
  );
  return [[shape[0] * product(blocks), ...inner, ...shape.slice(blocks.length + 1)]];
};

const batchToSpace: ShapeFunction = ({ shapes: [shape], constant }) => {
  const blocks = constant(1);
  const crops = constant(2);
  const inner = blocks.map((block, i) => shape[i + 1] * block - crops[2 * i] - crops[2 * i + 1]);
  return [[shape[0] / product(blocks), ...inner, ...shape.slice(blocks.length + 1)]];
};

const einsum: ShapeFunction = ({ shapes, attrs }) => {
  const equation = attrOf(attrs, "equation", "string") ?? "";
  if (equation.includes(".")) throw new RangeError("Einsum with an ellipsis");
  const [left, right] = equation.split("->");
  const sizes = new Map<string, number>();
  left.split(",").forEach((labels, input) => {
    [...labels].forEach((label, axis) => sizes.set(label, shapes[input][axis]));
  });
  return [[...right].map((label) => sizes.get(label) ?? 1)];
};

const rules: Record<string, ShapeFunction> = { ...convolutionShapes };
const add = (names: string, rule: ShapeFunction): void => {
  for (const name of names.split(" ")) rules[name] = rule;
};

add(
  "Abs Acos Acosh Asin Asinh Atan Atanh Cast Ceil Cos Cosh DeepCopy Elu Erf Exp Expm1 Floor Identity " +
    "IsFinite IsInf IsNan LRN LeakyRelu Log Log1p LogSoftmax LogicalNot Neg OnesLike Reciprocal Relu " +
    "Relu6 Round Rsqrt Selu Sigmoid Sign Sin Sinh Softmax Softplus Sqrt Square StopGradient Tan Tanh " +
    "ZerosLike AddN BiasAdd ClipByValue Cumprod Cumsum EluGrad InvertPermutation LRNGrad " +
    "LeakyReluGrad Real Imag ComplexAbs ReluGrad ReverseV2 RsqrtGrad SeluGrad SigmoidGrad SqrtGrad " +
    "TanhGrad TensorScatterUpdate FFT IFFT",
  likeFirst,
);
add(
  "Add AddV2 Sub Mul RealDiv Div DivNoNan FloorDiv FloorMod Mod Pow Maximum Minimum Atan2 Xdivy " +
    "SquaredDifference Equal NotEqual Greater GreaterEqual Less LessEqual LogicalAnd LogicalOr " +
    "SelectV2 Complex",
  elementwise,
);
add("Select", likeSecond);
add("Sum Mean Prod Max Min All Any", reduction);
add("ArgMax ArgMin", withoutAxis);
add("MatMul", matrixProduct("transpose_a", "transpose_b"));
add("BatchMatMul BatchMatMulV2", matrixProduct("adj_x", "adj_y"));
add("Pad PadV2 MirrorPad", pad);
add("Fill StatelessRandomUniform StatelessRandomNormal StatelessTruncatedNormal", shapeInput(0));
add("BroadcastTo", shapeInput(1));
add("ScatterNd", shapeInput(2));
add("L2Loss", () => [[]]);
add("NoOp", () => []);

Object.assign(rules, {
  Reshape: reshape,
  Slice: slice,
  StridedSlice: stridedSlice,
  ConcatV2: concat,
  Pack: pack,
  Unpack: unpack,
  SplitV: splitV,
  Split: split,
  GatherV2: gather,
  GatherNd: gatherNd,
  ExpandDims: expandDims,
  Squeeze: squeeze,
  OneHot: oneHot,
  TopKV2: topK,
  UnsortedSegmentSum: segmentSum,
  Range: range,
  SpaceToBatchND: spaceToBatch,
  BatchToSpaceND: batchToSpace,
  Einsum: einsum,
  BiasAddGrad: ({ shapes: [shape] }) => [[shape[shape.length - 1]]],
  Transpose: ({ shapes: [shape], constant }) => [constant(1).map((axis) => shape[axis])],
  Tile: ({ shapes: [shape], constant }) => {
    const times = constant(1);
    return [shape.map((size, axis) => size * times[axis])];
  },
  LinSpace: ({ constant }) => [[constant(2)[0]]],
  Diag: ({ shapes: [shape] }) => [[...shape, ...shape]],
  SparseSoftmaxCrossEntropyWithLogits: ({ shapes: [logits, labels] }) => [labels, logits],
  SoftmaxCrossEntropyWithLogits: ({ shapes: [logits] }) => [logits.slice(0, -1), logits],
} satisfies Record<string, ShapeFunction>);

/**
 * The shapes of an op's outputs from those of its inputs, without running it; `null` for an op
 * that has no rule here (it is run on zeros then).
 */
export function inferShapes(op: string, node: ShapeContext): number[][] | null {
  const rule = rules[op] as ShapeFunction | undefined;
  if (rule === undefined) return null;
  try {
    return rule(node).map((shape) => [...shape]);
  } catch (error) {
    if (error instanceof RangeError) return null; // a form of the op that the rule leaves out
    throw error;
  }
}
