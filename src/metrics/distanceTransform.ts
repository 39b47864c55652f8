import { toByteGrid, toSpacing3 } from "./grid";
import type { LabelGrid, SpacingMm } from "./grid";
import { createEnvelope, lowerEnvelope } from "./lowerEnvelope";
import { planeSquares, rowGaps } from "./nearestDistances";

/**
 * Exact Euclidean distance of every voxel to the nearest marked one, with the spacing of each axis.
 * It is SciPy's `distance_transform_edt(mask == 0, sampling=spacingMm)`.
 *
 * @param mask not 0 where marked; `[height, width]` or `[depth, height, width]`
 * @param spacingMm `[row, column]` or `[slice, row, column]`; all 1 by default
 * @returns in the mask's order; Infinity everywhere if nothing is marked
 * @example
 * const mask = { height: 1, width: 4, data: Uint8Array.of(1, 0, 0, 0) };
 * [...distanceTransform(mask, [1, 0.5])]; // [0, 0.5, 1, 1.5]
 */
export function distanceTransform(mask: LabelGrid, spacingMm?: SpacingMm): Float64Array {
  const grid = toByteGrid("distanceTransform.mask", mask);
  const [sliceSpacing, rowSpacing, columnSpacing] = toSpacing3(
    "distanceTransform",
    spacingMm,
    grid.rank,
  );
  const { depth, height, width } = grid;
  const marked = { depth, height, width, marks: grid.data };
  const gaps = rowGaps(marked, 255);
  const rowSquares = Float64Array.from({ length: width + 1 }, (_, gap) =>
    gap === width ? Infinity : (gap * columnSpacing) ** 2,
  );
  const squares = planeSquares(marked, gaps, rowSquares, rowSpacing);
  if (depth > 1) transformSlices(squares, depth, height * width, sliceSpacing);
  return squares.map(Math.sqrt);
}

function transformSlices(
  squares: Float64Array,
  depth: number,
  area: number,
  spacing: number,
): void {
  const line = new Float64Array(depth);
  const envelope = createEnvelope(depth);
  for (let start = 0; start < area; start++) {
    for (let z = 0, i = start; z < depth; z++, i += area) line[z] = squares[i];
    lowerEnvelope(line, spacing, envelope);
    for (let z = 0, i = start; z < depth; z++, i += area) squares[i] = envelope.values[z];
  }
}
