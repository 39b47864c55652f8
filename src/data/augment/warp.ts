import type { Plane } from "../types";

/** Displacements in pixels at `points` × `points` control points over the plane. */
export interface ElasticField {
  readonly points: number;
  readonly rows: Float64Array;
  readonly columns: Float64Array;
}

/** Where each output pixel is taken from. */
export interface WarpPlan {
  /** Row-major 2 × 2 in (row, column) about the centre: output offset to input offset. */
  readonly matrix: readonly [number, number, number, number];
  /** Added to (row, column). */
  readonly shift: readonly [number, number];
  readonly elastic: ElasticField | null;
}

/** Where the pixels of one output row are taken from; reused from row to row. */
interface InputRow {
  readonly rows: Float64Array;
  readonly columns: Float64Array;
}

/** The elastic field's control points of each column, blended by cubic B-splines for one output row. */
function blendControlPoints(
  values: Float64Array,
  points: number,
  row: number,
  height: number,
  blended: Float64Array,
): void {
  const at = ((row + 0.5) / height) * (points - 3);
  const cell = Math.min(Math.floor(at), points - 4);
  const t = at - cell;
  const w0 = ((1 - t) * (1 - t) * (1 - t)) / 6;
  const w1 = ((3 * t - 6) * t * t + 4) / 6;
  const w2 = (((3 - 3 * t) * t + 3) * t + 1) / 6;
  const w3 = (t * t * t) / 6;
  for (let point = 0; point < points; point++) {
    const first = cell * points + point;
    blended[point] =
      w0 * values[first] +
      w1 * values[first + points] +
      w2 * values[first + 2 * points] +
      w3 * values[first + 3 * points];
  }
}

/** Adds a cubic B-spline through the blended control points: one cubic per cell, by Horner's rule. */
function addSpline(blended: Float64Array, positions: Float64Array): void {
  const width = positions.length;
  const cells = blended.length - 3;
  const step = cells / width;
  let column = 0;
  for (let cell = 0; cell < cells; cell++) {
    const end = cell === cells - 1 ? width : Math.ceil((cell + 1) / step - 0.5);
    const p0 = blended[cell];
    const p1 = blended[cell + 1];
    const p2 = blended[cell + 2];
    const p3 = blended[cell + 3];
    const c0 = (p0 + 4 * p1 + p2) / 6;
    const c1 = (p2 - p0) / 2;
    const c2 = (p0 - 2 * p1 + p2) / 2;
    const c3 = (p3 - p0 + 3 * (p1 - p2)) / 6;
    for (; column < end; column++) {
      const t = (column + 0.5) * step - cell;
      positions[column] += c0 + t * (c1 + t * (c2 + t * c3));
    }
  }
}

function writeInputRow(
  input: InputRow,
  row: number,
  height: number,
  { matrix, shift }: WarpPlan,
): void {
  const { rows, columns } = input;
  const width = rows.length;
  const [a, b, c, d] = matrix;
  const [centreRow, centreColumn] = [(height - 1) / 2, (width - 1) / 2];
  const y = row - centreRow;
  const firstRow = a * y + centreRow + shift[0] - b * centreColumn;
  const firstColumn = c * y + centreColumn + shift[1] - d * centreColumn;
  for (let column = 0; column < width; column++) {
    rows[column] = firstRow + b * column;
    columns[column] = firstColumn + d * column;
  }
}

/** One row, bilinear; what lies outside is the nearest edge pixel. */
function sampleImage(
  { height, width, data }: Plane<Float32Array>,
  { rows, columns }: InputRow,
  output: Float32Array,
  start: number,
): void {
  const [lastRow, lastColumn] = [height - 1, width - 1];
  for (let column = 0; column < width; column++) {
    let y = rows[column];
    let x = columns[column];
    y = y > 0 ? (y < lastRow ? y : lastRow) : 0;
    x = x > 0 ? (x < lastColumn ? x : lastColumn) : 0;
    const top = y | 0;
    const left = x | 0;
    const v = y - top;
    const u = x - left;
    const at = top * width + left;
    const right = left < lastColumn ? 1 : 0;
    const below = top < lastRow ? width : 0;
    const upper = data[at] + u * (data[at + right] - data[at]);
    const lower = data[at + below] + u * (data[at + below + right] - data[at + below]);
    output[start + column] = upper + v * (lower - upper);
  }
}

/** One row, nearest; what lies outside is the nearest edge pixel, as in the image. */
function sampleLabels(
  { height, width, data }: Plane<Uint8Array>,
  { rows, columns }: InputRow,
  output: Uint8Array,
  start: number,
): void {
  const [lastRow, lastColumn] = [height - 1, width - 1];
  for (let column = 0; column < width; column++) {
    let y = rows[column];
    let x = columns[column];
    y = y > 0 ? (y < lastRow ? y : lastRow) : 0;
    x = x > 0 ? (x < lastColumn ? x : lastColumn) : 0;
    output[start + column] = data[((y + 0.5) | 0) * width + ((x + 0.5) | 0)];
  }
}

/** An image and its labels, of one size. */
interface Pair {
  readonly image: Plane<Float32Array>;
  readonly labels: Plane<Uint8Array> | null;
}

/**
 * Image and labels under one map, the image bilinear, each label that of the nearest pixel. Both repeat
 * their edge outwards, so that a lesion at the edge is never shown without its label.
 */
export function warpPair({ image, labels }: Pair, plan: WarpPlan): Pair {
  const { height, width } = image;
  const warped = new Float32Array(height * width);
  const warpedLabels = labels && new Uint8Array(height * width);
  const input = { rows: new Float64Array(width), columns: new Float64Array(width) };
  const { elastic } = plan;
  const blended = new Float64Array(elastic?.points ?? 0);
  for (let row = 0; row < height; row++) {
    writeInputRow(input, row, height, plan);
    if (elastic !== null) {
      blendControlPoints(elastic.rows, elastic.points, row, height, blended);
      addSpline(blended, input.rows);
      blendControlPoints(elastic.columns, elastic.points, row, height, blended);
      addSpline(blended, input.columns);
    }
    sampleImage(image, input, warped, row * width);
    if (labels !== null && warpedLabels !== null) {
      sampleLabels(labels, input, warpedLabels, row * width);
    }
  }
  return {
    image: { height, width, data: warped },
    labels: warpedLabels && { height, width, data: warpedLabels },
  };
}
