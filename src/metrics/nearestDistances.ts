import { lowerEnvelope, createEnvelope } from "./lowerEnvelope";

/** A grid of marked cells. */
export interface MarkedGrid {
  readonly depth: number;
  readonly height: number;
  readonly width: number;
  readonly marks: Uint8Array;
}

/**
 * Exact Euclidean distance from each of some cells to the nearest cell with a mark.
 *
 * A distance transform would fill the entire grid, although distances are needed only at the queries.
 * Here the distance along each row is filled (one cheap pass); a query then searches the rows around
 * its own, nearest first, and stops when no further row can be nearer. For nearby surfaces this ends
 * after a few rows. If the searched rows cost more than a transform would, columns are transformed
 * too, and a query searches only one line.
 *
 * @param queries cells, as indices into the grid
 * @param spacing `[slice, row, column]`
 * @returns one distance per query, in the unit of the spacing; Infinity where nothing is marked
 */
export function nearestDistances(
  grid: MarkedGrid,
  mark: number,
  queries: Int32Array,
  spacing: readonly [number, number, number],
): Float64Array {
  const { height, width } = grid;
  const gaps = rowGaps(grid, mark);
  const rowSquares = Float64Array.from({ length: width + 1 }, (_, gap) =>
    gap === width ? Infinity : (gap * spacing[2]) ** 2,
  );
  const distances = new Float64Array(queries.length);
  let budget = 4 * grid.marks.length;
  let at = 0;
  // One record is reused for all queries: allocating one each would cost more than the search.
  const result: RowSearch = { square: Infinity, rows: 0 };
  for (; at < queries.length && budget > 0; at++) {
    const { square, rows } = searchRows(grid, gaps, rowSquares, queries[at], spacing, result);
    budget -= rows;
    distances[at] = Math.sqrt(square);
  }
  if (at === queries.length) return distances;
  const planes = planeSquares(grid, gaps, rowSquares, spacing[1]);
  const area = height * width;
  for (; at < queries.length; at++) {
    distances[at] = Math.sqrt(searchLine(planes, queries[at], area, spacing[0]));
  }
  return distances;
}

/** What {@link searchRows} found. */
interface RowSearch {
  /** The squared distance. */
  square: number;
  /** How many rows it looked at. */
  rows: number;
}

/**
 * Looks at rows around a cell, nearest first.
 *
 * @returns `result`, filled in
 */
function searchRows(
  grid: MarkedGrid,
  gaps: Uint16Array | Uint32Array,
  rowSquares: Float64Array,
  cell: number,
  spacing: readonly [number, number, number],
  result: RowSearch,
): RowSearch {
  const { depth, height, width } = grid;
  const area = height * width;
  const z = Math.floor(cell / area);
  const y = Math.floor((cell - z * area) / width);
  const [sliceSpacing, rowSpacing] = spacing;
  let best = Infinity;
  let looked = 0;
  const farthest = Math.max(z, depth - 1 - z);
  for (let dz = 0; dz <= farthest; dz++) {
    const sliceSquare = (dz * sliceSpacing) ** 2;
    if (sliceSquare >= best) break;
    for (let side = -1; side <= 1; side += 2) {
      const slice = z + side * dz;
      if (slice < 0 || slice >= depth || (dz === 0 && side > 0)) continue;
      const own = cell + side * dz * area;
      const straight = sliceSquare + rowSquares[gaps[own]];
      if (straight < best) best = straight;
      looked++;
      const span = Math.max(y, height - 1 - y);
      for (let dy = 1; dy <= span; dy++) {
        const offset = sliceSquare + (dy * rowSpacing) ** 2;
        if (offset >= best) break;
        if (dy <= y) {
          const above = offset + rowSquares[gaps[own - dy * width]];
          if (above < best) best = above;
        }
        if (dy < height - y) {
          const below = offset + rowSquares[gaps[own + dy * width]];
          if (below < best) best = below;
        }
        looked += 2;
      }
    }
  }
  result.square = best;
  result.rows = looked;
  return result;
}

/** Steps along the row to the nearest mark; `width` where the row has none. */
export function rowGaps(grid: MarkedGrid, mark: number): Uint16Array | Uint32Array {
  const { width, marks } = grid;
  const gaps = width < 65536 ? new Uint16Array(marks.length) : new Uint32Array(marks.length);
  for (let start = 0; start < marks.length; start += width) {
    const end = start + width;
    let gap = width;
    for (let i = start; i < end; i++) {
      gap = (marks[i] & mark) !== 0 ? 0 : gap < width ? gap + 1 : width;
      gaps[i] = gap;
    }
    if (gap === width) continue; // no mark in this row
    for (let i = end - 1; i >= start; i--) {
      gap = gaps[i] < gap + 1 ? gaps[i] : gap + 1;
      gaps[i] = gap;
    }
  }
  return gaps;
}

/** The squared distance within each slice, from the gaps along its rows. */
export function planeSquares(
  grid: MarkedGrid,
  gaps: Uint16Array | Uint32Array,
  rowSquares: Float64Array,
  rowSpacing: number,
): Float64Array {
  const { depth, height, width } = grid;
  const squares = new Float64Array(gaps.length);
  const line = new Float64Array(height);
  const envelope = createEnvelope(height);
  for (let z = 0; z < depth; z++) {
    for (let x = 0; x < width; x++) {
      const start = z * height * width + x;
      for (let y = 0, i = start; y < height; y++, i += width) line[y] = rowSquares[gaps[i]];
      lowerEnvelope(line, rowSpacing, envelope);
      for (let y = 0, i = start; y < height; y++, i += width) squares[i] = envelope.values[y];
    }
  }
  return squares;
}

/** The least squared distance along the line through a cell, nearest first. */
function searchLine(
  planes: Float64Array,
  cell: number,
  area: number,
  sliceSpacing: number,
): number {
  let best = planes[cell];
  for (let dz = 1; ; dz++) {
    const offset = (dz * sliceSpacing) ** 2;
    const low = cell - dz * area;
    const high = cell + dz * area;
    if (offset >= best || (low < 0 && high >= planes.length)) return best;
    if (low >= 0 && planes[low] + offset < best) best = planes[low] + offset;
    if (high < planes.length && planes[high] + offset < best) best = planes[high] + offset;
  }
}
