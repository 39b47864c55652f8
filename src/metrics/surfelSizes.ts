/**
 * Sizes of surface elements by neighbourhood, as in DeepMind's surface-distance.
 *
 * The triangles below are those of its table `_NEIGHBOUR_CODE_TO_NORMALS` (made by marching cubes),
 * Copyright 2018 Google Inc., under the Apache License 2.0; changed in form only: signs are dropped,
 * since an area does not need them, and the second half, since a code and its complement have the
 * same triangles.
 */

/** By code: one triangle's normal in three digits, `|n|` along slice, row and column in eighths. */
const TRIANGLES = `
  0 111 111 220220 111 202202 111111 400222111 111 111111 202202 400222111 220220 400222111
  400222111 400400 111 022022 111111 040222111 111111 004222111 111111111 111222222111 111111
  022022111 202202111 111333022202 111220220 333022111220 400111222111 400111222 111 111111
  022022 040111222 111111 111202202 022022111 333022111202 111111 111111111 004222111
  222222111111 111220220 400222111111 022333111220 400222111 220220 040222111 040111222 040040
  220220111 333202111220 111040222111 040222111 111220220 040222111111 333220111202 040222111
  220220220220 220220111 111220220 220220 111 111111 111111 111220220 022022 004222111
  022022111 333022111220 111111 111111111 111202202 400222111111 040222111 222222111111
  202333022111 400222111 202202 004222111 111202202 202333220111 004222111 004004 111111222004
  111222004 202202111 004222111111 202202202202 111202202 202333220111 004222111 111202202
  202202 111111 111111111 111022022 040111222111 022022111 004222111111 022022022022 022022111
  111111111 111111111111 004222111111 111111111 040222111111 111111111 022022111 111111
  400222111 222111222111 333022111202 040222111 333220022111 111222004 111022022 022022
  400222111111 111111111 202202111 111111 220220111 111111 111111 111
`
  .trim()
  .split(/\s+/);

/**
 * Area of the surface in each of the 256 neighbourhoods of 2 x 2 x 2 voxels, in the square of the
 * spacing's unit. Bit 7 is the first voxel, bit 0 the last, in order of slice, row and column.
 */
export function surfelAreas(spacing: readonly [number, number, number]): Float64Array {
  const [slice, row, column] = spacing;
  const faces = [row * column, slice * column, slice * row].map((area) => area / 8);
  const areas = new Float64Array(256);
  TRIANGLES.forEach((digits, code) => {
    for (let i = 0; i + 2 < digits.length; i += 3) {
      const area = Math.hypot(...faces.map((face, axis) => Number(digits[i + axis]) * face));
      areas[code] += area;
      areas[255 - code] += area;
    }
  });
  return areas;
}

/**
 * Length of the contour in each of the 16 neighbourhoods of 2 x 2 pixels. Bit 3 is the first
 * pixel, bit 0 the last, in order of row and column.
 */
export function surfelLengths(rowSpacing: number, columnSpacing: number): Float64Array {
  const diagonal = Math.hypot(rowSpacing, columnSpacing) / 2;
  const lengths = new Float64Array(16);
  for (let code = 1; code < 15; code++) {
    const inside = [8, 4, 2, 1].filter((bit) => (code & bit) !== 0).length;
    const isSplit = code === 0b0110 || code === 0b1001;
    const isHalf = inside === 2 && !isSplit;
    const isAlongRow = code === 0b0011 || code === 0b1100;
    if (isHalf) lengths[code] = isAlongRow ? columnSpacing : rowSpacing;
    else lengths[code] = isSplit ? 2 * diagonal : diagonal;
  }
  return lengths;
}
