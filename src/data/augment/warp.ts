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

/** Cubic B-spline weights of the four control points about each pixel, and the first of them. */
function splineWeights(
  length: number,
  points: number,
): { first: Int32Array; weights: Float64Array } {
  const first = new Int32Array(length);
  const weights = new Float64Array(4 * length);
  for (let i = 0; i < length; i++) {
    const at = ((i + 0.5) / length) * (points - 3);
    const cell = Math.min(Math.floor(at), points - 4);
    const t = at - cell;
    first[i] = cell;
    weights[4 * i] = (1 - t) ** 3 / 6;
    weights[4 * i + 1] = (3 * t ** 3 - 6 * t ** 2 + 4) / 6;
    weights[4 * i + 2] = (-3 * t ** 3 + 3 * t ** 2 + 3 * t + 1) / 6;
    weights[4 * i + 3] = t ** 3 / 6;
  }
  return { first, weights };
}

/**
 * Calls back with each output row's input positions. The two arrays are reused from row to row.
 */
function forEachRow(
  height: number,
  width: number,
  plan: WarpPlan,
  visit: (row: number, inputRows: Float64Array, inputCols: Float64Array) => void,
): void {
  const [a, b, c, d] = plan.matrix;
  const [centreRow, centreCol] = [(height - 1) / 2, (width - 1) / 2];
  const inputRows = new Float64Array(width);
  const inputCols = new Float64Array(width);
  const { elastic } = plan;
  const points = elastic?.points ?? 4;
  const across = splineWeights(width, points);
  const down = splineWeights(height, points);
  const rowLine = new Float64Array(points);
  const colLine = new Float64Array(points);
  for (let row = 0; row < height; row++) {
    const y = row - centreRow;
    const firstRow = a * y + centreRow + plan.shift[0] - b * centreCol;
    const firstCol = c * y + centreCol + plan.shift[1] - d * centreCol;
    for (let col = 0; col < width; col++) {
      inputRows[col] = firstRow + b * col;
      inputCols[col] = firstCol + d * col;
    }
    if (elastic !== null) {
      for (let p = 0; p < points; p++) {
        rowLine[p] = 0;
        colLine[p] = 0;
        for (let k = 0; k < 4; k++) {
          const at = (down.first[row] + k) * points + p;
          rowLine[p] += down.weights[4 * row + k] * elastic.rows[at];
          colLine[p] += down.weights[4 * row + k] * elastic.columns[at];
        }
      }
      const { first, weights } = across;
      for (let col = 0; col < width; col++) {
        const f = first[col];
        const w = 4 * col;
        inputRows[col] +=
          weights[w] * rowLine[f] +
          weights[w + 1] * rowLine[f + 1] +
          weights[w + 2] * rowLine[f + 2] +
          weights[w + 3] * rowLine[f + 3];
        inputCols[col] +=
          weights[w] * colLine[f] +
          weights[w + 1] * colLine[f + 1] +
          weights[w + 2] * colLine[f + 2] +
          weights[w + 3] * colLine[f + 3];
      }
    }
    visit(row, inputRows, inputCols);
  }
}

/** An image and its labels, of one size. */
interface Pair {
  readonly image: Plane<Float32Array>;
  readonly labels: Plane<Uint8Array> | null;
}

/**
 * Image and labels under one map. The image is bilinear, and what lies outside is the nearest edge
 * pixel; each label is that of the nearest pixel, and what lies outside is background.
 */
export function warpPair({ image, labels }: Pair, plan: WarpPlan): Pair {
  const { height, width, data } = image;
  const warped = new Float32Array(height * width);
  const warpedLabels = labels && new Uint8Array(height * width);
  const [lastRow, lastCol] = [height - 1, width - 1];
  forEachRow(height, width, plan, (row, inputRows, inputCols) => {
    const base = row * width;
    if (labels !== null && warpedLabels !== null) {
      for (let col = 0; col < width; col++) {
        const y = Math.floor(inputRows[col] + 0.5);
        const x = Math.floor(inputCols[col] + 0.5);
        if (y < 0 || x < 0 || y >= height || x >= width) continue;
        warpedLabels[base + col] = labels.data[y * width + x];
      }
    }
    for (let col = 0; col < width; col++) {
      let y = inputRows[col];
      let x = inputCols[col];
      y = y > 0 ? (y < lastRow ? y : lastRow) : 0;
      x = x > 0 ? (x < lastCol ? x : lastCol) : 0;
      const top = y | 0;
      const left = x | 0;
      const v = y - top;
      const u = x - left;
      const at = top * width + left;
      const right = left < lastCol ? 1 : 0;
      const below = top < lastRow ? width : 0;
      const upper = data[at] + u * (data[at + right] - data[at]);
      const lower = data[at + below] + u * (data[at + below + right] - data[at + below]);
      warped[base + col] = upper + v * (lower - upper);
    }
  });
  return {
    image: { height, width, data: warped },
    labels: warpedLabels && { height, width, data: warpedLabels },
  };
}
