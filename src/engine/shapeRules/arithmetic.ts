import { attrOf } from "../graph";
import type { ShapeFunction } from "../graph";
import { equalShapes, requireShapes, wrap } from "./mismatch";
import type { Shape } from "./mismatch";

/**
 * The output shape of an elementwise op with several inputs.
 *
 * @throws ShapeMismatch if a size is neither equal nor 1
 */
export function broadcast(...shapes: Shape[]): number[] {
  const rank = Math.max(...shapes.map((shape) => shape.length));
  return Array.from({ length: rank }, (_, axis) => {
    const sizes = shapes.map((shape) => shape[axis - rank + shape.length] ?? 1);
    const size = sizes.find((each) => each !== 1) ?? 1;
    const fits = sizes.every((each) => each === 1 || each === size);
    requireShapes(fits, "shapes that broadcast", shapes);
    return size;
  });
}

const elementwise: ShapeFunction = ({ shapes }) => [broadcast(...shapes)];

/** All inputs have the shape of the output: gradients of activations, sums of many. */
const allEqual: ShapeFunction = ({ shapes }) => {
  requireShapes(
    shapes.every((shape) => equalShapes(shape, shapes[0])),
    "equal shapes",
    shapes,
  );
  return [shapes[0]];
};

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
    requireShapes(a.length >= 2 && b.length >= 2, "two matrices", [a, b]);
    const isTurnedA = attrOf(attrs, transposeA, "bool") === true;
    const isTurnedB = attrOf(attrs, transposeB, "bool") === true;
    const [rowsA, columnsA] = isTurnedA ? [a.at(-1), a.at(-2)] : [a.at(-2), a.at(-1)];
    const [rowsB, columnsB] = isTurnedB ? [b.at(-1), b.at(-2)] : [b.at(-2), b.at(-1)];
    const turned = `${isTurnedA ? ", the first transposed" : ""}${isTurnedB ? ", the second transposed" : ""}`;
    requireShapes(columnsA === rowsB, `matrices with equal inner sizes${turned}`, [a, b]);
    return [[...broadcast(a.slice(0, -2), b.slice(0, -2)), rowsA ?? 0, columnsB ?? 0]];
  };

const einsum: ShapeFunction = ({ shapes, attrs }) => {
  const equation = attrOf(attrs, "equation", "string") ?? "";
  if (equation.includes(".")) throw new RangeError("Einsum with an ellipsis");
  const [left, right] = equation.split("->");
  const sizes = new Map<string, number>();
  left.split(",").forEach((labels, input) => {
    requireShapes(labels.length === shapes[input].length, `axes "${left}"`, shapes);
    [...labels].forEach((label, axis) => {
      const size = shapes[input][axis];
      requireShapes((sizes.get(label) ?? size) === size, `one size for "${label}"`, shapes);
      sizes.set(label, size);
    });
  });
  return [[...right].map((label) => sizes.get(label) ?? 1)];
};

const biasAdd: ShapeFunction = ({ shapes }) => {
  const [value, bias] = shapes;
  requireShapes(bias[0] === value.at(-1), "a bias as long as the last axis", shapes);
  return [value];
};

/** A condition has the shape of the values, or selects entire rows. */
const select: ShapeFunction = ({ shapes }) => {
  const [condition, whenTrue, whenFalse] = shapes;
  const fits =
    equalShapes(whenTrue, whenFalse) &&
    (condition.length < 2
      ? condition.length === 0 || condition[0] === whenTrue[0]
      : equalShapes(condition, whenTrue));
  requireShapes(fits, "equal shapes", shapes);
  return [whenTrue];
};

const segmentSum: ShapeFunction = ({ shapes: [data, segments], constant }) => {
  const fits = equalShapes(data.slice(0, segments.length), segments);
  requireShapes(fits, "a segment for each row", [data, segments]);
  return [[constant(2)[0], ...data.slice(segments.length)]];
};

const sparseCrossEntropy: ShapeFunction = ({ shapes }) => {
  const [logits, labels] = shapes;
  requireShapes(equalShapes(logits.slice(0, -1), labels), "a label for each row", shapes);
  return [labels, logits];
};

const topK: ShapeFunction = ({ shapes: [shape], constant }) => {
  const [k] = constant(1);
  requireShapes(k <= (shape.at(-1) ?? 0), `at least ${k} in a row`, [shape]);
  const result = [...shape.slice(0, -1), k];
  return [result, result];
};

/** Rules for sums, products, comparisons and reductions, by op. */
export const arithmeticShapes: Record<string, ShapeFunction> = {
  Select: select,
  Einsum: einsum,
  BiasAdd: biasAdd,
  BiasAddGrad: ({ shapes: [shape] }) => [[shape[shape.length - 1]]],
  L2Loss: () => [[]],
  TopKV2: topK,
  UnsortedSegmentSum: segmentSum,
  SparseSoftmaxCrossEntropyWithLogits: sparseCrossEntropy,
  SoftmaxCrossEntropyWithLogits: ({ shapes: [logits] }) => [logits.slice(0, -1), logits],
};
const add = (names: string, rule: ShapeFunction): void => {
  for (const name of names.split(" ")) arithmeticShapes[name] = rule;
};
add(
  "Add AddV2 Sub Mul RealDiv Div DivNoNan FloorDiv FloorMod Mod Pow Maximum Minimum Atan2 Xdivy " +
    "SquaredDifference Equal NotEqual Greater GreaterEqual Less LessEqual LogicalAnd LogicalOr " +
    "SelectV2 Complex",
  elementwise,
);
add(
  "AddN EluGrad LeakyReluGrad ReluGrad RsqrtGrad SeluGrad SigmoidGrad SqrtGrad TanhGrad",
  allEqual,
);
add("Sum Mean Prod Max Min All Any", reduction);
add("ArgMax ArgMin", withoutAxis);
add("MatMul", matrixProduct("transpose_a", "transpose_b"));
add("BatchMatMul BatchMatMulV2", matrixProduct("adj_x", "adj_y"));
