import { formatShape } from "../../core/shapes";
import { attrOf } from "../graph";
import type { ShapeFunction } from "../graph";
import { broadcast } from "./arithmetic";
import { ShapeMismatch, equalShapes, product, requireShapes, wrap } from "./mismatch";

const shapeInput =
  (input: number): ShapeFunction =>
  ({ constant }) => [constant(input)];

const reshape: ShapeFunction = ({ shapes: [shape], constant }) => {
  const wanted = constant(1);
  const known = product(wanted.filter((size) => size >= 0));
  const size = product(shape);
  const isOpen = wanted.some((each) => each < 0);
  // With no elements the division is undefined, so an unknown size of an empty tensor is 0.
  const open = known === 0 ? 0 : size / known;
  const fits = isOpen ? Number.isInteger(open) && open * known === size : known === size;
  if (!fits) {
    throw new ShapeMismatch(
      `${size} elements, as ${formatShape(shape)} has`,
      `a reshape to ${formatShape(wanted.map((each) => (each < 0 ? null : each)))}`,
    );
  }
  return [wanted.map((each) => (each >= 0 ? each : open))];
};

const slice: ShapeFunction = ({ shapes: [shape], constant }) => {
  const begin = constant(1);
  const size = constant(2);
  requireShapes(begin.length === shape.length, `starts for ${shape.length} axes`, [begin]);
  return [
    size.map((length, axis) => {
      const taken = length === -1 ? shape[axis] - begin[axis] : length;
      if (begin[axis] >= 0 && taken >= 0 && begin[axis] + taken <= shape[axis]) return taken;
      throw new ShapeMismatch(
        `a slice within ${formatShape(shape)}`,
        `${formatShape(size)} from ${formatShape(begin)}`,
      );
    }),
  ];
};

const pad: ShapeFunction = ({ shapes: [shape], constant }) => {
  const widths = constant(1);
  const fits = widths.length === 2 * shape.length;
  requireShapes(fits, `paddings of ${widths.length / 2} axes`, [shape]);
  return [shape.map((size, axis) => size + widths[2 * axis] + widths[2 * axis + 1])];
};

const concat: ShapeFunction = ({ shapes, constant }) => {
  const parts = shapes.slice(0, -1);
  const axis = wrap(constant(shapes.length - 1)[0], parts[0].length);
  const fits = parts.every(
    (part) =>
      part.length === parts[0].length &&
      part.every((size, i) => i === axis || size === parts[0][i]),
  );
  requireShapes(fits, `shapes that are equal but along axis ${axis}`, parts);
  const total = parts.reduce((sum, part) => sum + part[axis], 0);
  return [parts[0].map((size, i) => (i === axis ? total : size))];
};

const pack: ShapeFunction = ({ shapes, attrs }) => {
  const axis = wrap(attrOf(attrs, "axis", "int") ?? 0, shapes[0].length + 1);
  requireShapes(
    shapes.every((shape) => equalShapes(shape, shapes[0])),
    "equal shapes",
    shapes,
  );
  return [[...shapes[0].slice(0, axis), shapes.length, ...shapes[0].slice(axis)]];
};

const unpack: ShapeFunction = ({ shapes: [shape], attrs, numOutputs }) => {
  const axis = wrap(attrOf(attrs, "axis", "int") ?? 0, shape.length);
  requireShapes(shape[axis] === numOutputs, `${numOutputs} along axis ${axis}`, [shape]);
  const part = shape.filter((_, i) => i !== axis);
  return Array.from({ length: numOutputs }, () => part);
};

const splitV: ShapeFunction = ({ shapes: [shape], constant }) => {
  const sizes = constant(1);
  const axis = wrap(constant(2)[0], shape.length);
  const given = sizes.filter((size) => size >= 0).reduce((sum, size) => sum + size, 0);
  const isOpen = sizes.some((size) => size < 0);
  const fits = isOpen ? given <= shape[axis] : given === shape[axis];
  requireShapes(fits, `parts of ${formatShape(sizes)} along axis ${axis}`, [shape]);
  return sizes.map((size) =>
    shape.map((whole, i) => (i === axis ? (size < 0 ? whole - given : size) : whole)),
  );
};

const split: ShapeFunction = ({ shapes: [, shape], constant, numOutputs }) => {
  const axis = wrap(constant(0)[0], shape.length);
  const fits = shape[axis] % numOutputs === 0;
  requireShapes(fits, `${numOutputs} equal parts along axis ${axis}`, [shape]);
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
  const fits = axes.every((axis) => shape[axis] === 1);
  requireShapes(fits, `size 1 along axes ${axes.join(", ")}`, [shape]);
  return [shape.filter((size, axis) => (axes.length > 0 ? !axes.includes(axis) : size !== 1))];
};

const oneHot: ShapeFunction = ({ shapes: [indices], attrs, constant }) => {
  const given = attrOf(attrs, "axis", "int") ?? -1;
  const axis = given === -1 ? indices.length : given;
  return [[...indices.slice(0, axis), constant(1)[0], ...indices.slice(axis)]];
};

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
  const fromFront = (at: number, size: number): number => (at < 0 ? at + size : at);
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
        : clamp(fromFront(begin[axis], size), low, high);
      const to = mask("end_mask", axis)
        ? step > 0
          ? size
          : -1
        : clamp(fromFront(end[axis], size), low, high);
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

const transpose: ShapeFunction = ({ shapes: [shape], constant }) => {
  const order = constant(1);
  requireShapes(order.length === shape.length, `${order.length} axes`, [shape]);
  return [order.map((axis) => shape[wrap(axis, shape.length)])];
};

const tile: ShapeFunction = ({ shapes: [shape], constant }) => {
  const times = constant(1);
  requireShapes(times.length === shape.length, `${times.length} axes`, [shape]);
  return [shape.map((size, axis) => size * times[axis])];
};

const broadcastTo: ShapeFunction = ({ shapes: [shape], constant }) => {
  const wanted = constant(1);
  const fits = equalShapes(broadcast(shape, wanted), wanted);
  requireShapes(fits, `a shape that broadcasts to ${formatShape(wanted)}`, [shape]);
  return [wanted];
};

/** Rules for ops that rearrange, join and slice tensors, by op. */
export const arrangingShapes: Record<string, ShapeFunction> = {
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
  Range: range,
  SpaceToBatchND: spaceToBatch,
  BatchToSpaceND: batchToSpace,
  Transpose: transpose,
  Tile: tile,
  BroadcastTo: broadcastTo,
  Pad: pad,
  PadV2: pad,
  MirrorPad: pad,
  Fill: shapeInput(0),
  StatelessRandomUniform: shapeInput(0),
  StatelessRandomNormal: shapeInput(0),
  StatelessTruncatedNormal: shapeInput(0),
  ScatterNd: shapeInput(2),
  LinSpace: ({ constant }) => [[constant(2)[0]]],
  Diag: ({ shapes: [shape] }) => [[...shape, ...shape]],
};
