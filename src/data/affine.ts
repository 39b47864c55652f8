import type { Affine, NiftiForm, VolumeGrid } from "./types";

/** The lengths `[x, y, z]` of the affine's columns: the distance between neighbouring voxels. */
export function affineSpacing(affine: Affine): [number, number, number] {
  const length = (column: number) =>
    Math.hypot(affine[column], affine[4 + column], affine[8 + column]);
  return [length(0), length(1), length(2)];
}

/** An affine for a grid of unknown position: `spacingMm` on the diagonal. */
export function scalingAffine(spacingMm: readonly [number, number, number]): Affine {
  const [x, y, z] = spacingMm;
  return [x, 0, 0, 0, 0, y, 0, 0, 0, 0, z, 0, 0, 0, 0, 1];
}

/**
 * Converts NIfTI's quaternion to an affine, as method 2 of `nifti1.h`.
 *
 * @param quaternion `[b, c, d]`; `a` follows from unit length
 * @param pixdim `[qfac, x, y, z]`
 * @param offset position `[x, y, z]` of the first voxel
 */
export function quaternionToAffine(
  quaternion: readonly [number, number, number],
  pixdim: readonly [number, number, number, number],
  offset: readonly [number, number, number],
): Affine {
  const [b, c, d] = quaternion;
  const a = Math.sqrt(Math.max(0, 1 - (b * b + c * c + d * d)));
  const [qfac, x, y, zSize] = pixdim;
  const z = qfac < 0 ? -zSize : zSize;
  return [
    [
      (a * a + b * b - c * c - d * d) * x,
      2 * (b * c - a * d) * y,
      2 * (b * d + a * c) * z,
      offset[0],
    ],
    [
      2 * (b * c + a * d) * x,
      (a * a + c * c - b * b - d * d) * y,
      2 * (c * d - a * b) * z,
      offset[1],
    ],
    [
      2 * (b * d - a * c) * x,
      2 * (c * d + a * b) * y,
      (a * a + d * d - c * c - b * b) * z,
      offset[2],
    ],
    [0, 0, 0, 1],
  ].flat();
}

/**
 * Converts an affine with axes at right angles to a quaternion and `qfac`.
 *
 * @returns `null` for a sheared grid, which has no quaternion
 */
export function affineToQuaternion(
  affine: Affine,
): { quaternion: [number, number, number]; qfac: 1 | -1 } | null {
  const spacing = affineSpacing(affine);
  if (spacing.some((s) => !(s > 0))) return null;
  const r = [0, 1, 2].map((row) => [0, 1, 2].map((col) => affine[row * 4 + col] / spacing[col]));
  const dot = (p: number, q: number) => r[0][p] * r[0][q] + r[1][p] * r[1][q] + r[2][p] * r[2][q];
  if ([dot(0, 1), dot(0, 2), dot(1, 2)].some((d) => Math.abs(d) > 1e-5)) return null;
  const determinant =
    r[0][0] * (r[1][1] * r[2][2] - r[1][2] * r[2][1]) -
    r[0][1] * (r[1][0] * r[2][2] - r[1][2] * r[2][0]) +
    r[0][2] * (r[1][0] * r[2][1] - r[1][1] * r[2][0]);
  const qfac = determinant < 0 ? -1 : 1;
  if (qfac < 0) for (const row of r) row[2] = -row[2];
  const trace = r[0][0] + r[1][1] + r[2][2];
  if (trace > 0) {
    const a4 = 2 * Math.sqrt(1 + trace);
    return {
      quaternion: [(r[2][1] - r[1][2]) / a4, (r[0][2] - r[2][0]) / a4, (r[1][0] - r[0][1]) / a4],
      qfac,
    };
  }
  // Divide by the largest of b, c and d, which is never near zero.
  const largest = r[0][0] >= r[1][1] && r[0][0] >= r[2][2] ? 0 : r[1][1] >= r[2][2] ? 1 : 2;
  const next = (largest + 1) % 3;
  const last = (largest + 2) % 3;
  const lead = Math.sqrt(Math.max(0, 1 + r[largest][largest] - r[next][next] - r[last][last]));
  const q: [number, number, number] = [0, 0, 0];
  q[largest] = lead / 2;
  q[next] = (r[next][largest] + r[largest][next]) / (2 * lead);
  q[last] = (r[last][largest] + r[largest][last]) / (2 * lead);
  const a = (r[last][next] - r[next][last]) / (2 * lead);
  const sign = a < 0 ? -1 : 1; // nifti1.h stores only b, c and d, so a must not be negative.
  return { quaternion: [sign * q[0], sign * q[1], sign * q[2]], qfac };
}

/** For each patient axis (right, anterior, superior), the voxel axis closest to it. */
export function closestAxes(affine: Affine): [number, number, number] {
  const spacing = affineSpacing(affine);
  const weight = (row: number, col: number) =>
    spacing[col] > 0 ? Math.abs(affine[row * 4 + col]) / spacing[col] : 0;
  const orders: [number, number, number][] = [
    [0, 1, 2],
    [0, 2, 1],
    [1, 0, 2],
    [1, 2, 0],
    [2, 0, 1],
    [2, 1, 0],
  ];
  const score = (order: readonly number[]) =>
    order.reduce((sum, col, row) => sum + weight(row, col), 0);
  return orders.reduce((best, order) => (score(order) > score(best) + 1e-9 ? order : best));
}

/**
 * The direction of each voxel axis as one letter: `"RAS"`, `"LPS"`, `"LIA"`. Equals
 * `nibabel.aff2axcodes`.
 */
export function axisCodes(affine: Affine): string {
  const letters = [
    ["L", "R"],
    ["P", "A"],
    ["I", "S"],
  ];
  const axes = closestAxes(affine);
  return [0, 1, 2]
    .map((voxelAxis) => {
      const patientAxis = axes.indexOf(voxelAxis);
      return letters[patientAxis][affine[patientAxis * 4 + voxelAxis] < 0 ? 0 : 1];
    })
    .join("");
}

/** How to cut axial slices from a volume so that each is seen from the feet with the front up. */
export function axialGrid(volume: {
  readonly shape: readonly [number, number, number];
  readonly affine: Affine;
  readonly spacingMm: readonly [number, number, number];
  readonly nifti?: NiftiForm;
}): VolumeGrid {
  const { shape, affine, spacingMm, nifti } = volume;
  const [leftRight, frontBack, footHead] = closestAxes(affine);
  return {
    shape,
    affine,
    spacingMm,
    ...(nifti === undefined ? {} : { nifti }),
    axes: [frontBack, leftRight, footHead],
    // Rows run to the back (against A), columns to the left (against R), slices to the head (along S).
    isFlipped: [affine[4 + frontBack] > 0, affine[leftRight] > 0, affine[8 + footHead] < 0],
  };
}

/** The position of a voxel: the affine applied to `[i, j, k]`. */
export function applyAffine(
  affine: Affine,
  [i, j, k]: readonly [number, number, number],
): [number, number, number] {
  const row = (first: number): number =>
    affine[first] * i + affine[first + 1] * j + affine[first + 2] * k + affine[first + 3];
  return [row(0), row(4), row(8)];
}

/** The product `a · b`, which applies `b` first. */
export function multiplyAffines(a: Affine, b: Affine): Affine {
  return Array.from({ length: 16 }, (_, at) => {
    const [row, column] = [at - (at % 4), at % 4];
    return [0, 1, 2, 3].reduce((sum, k) => sum + a[row + k] * b[4 * k + column], 0);
  });
}

/** The inverse, from positions to voxels. An affine whose axes span no volume gives non-finite numbers. */
export function invertAffine(affine: Affine): Affine {
  const [a, b, c, x, d, e, f, y, g, h, i, z] = affine;
  const [p, q, r] = [e * i - f * h, f * g - d * i, d * h - e * g];
  const determinant = a * p + b * q + c * r;
  const rows = [
    [p, c * h - b * i, b * f - c * e],
    [q, a * i - c * g, c * d - a * f],
    [r, b * g - a * h, a * e - b * d],
  ].map((row) => row.map((value) => value / determinant));
  return [
    ...rows.flatMap((row) => [...row, -(row[0] * x + row[1] * y + row[2] * z)]),
    ...[0, 0, 0, 1],
  ];
}

/** Whether the axes are at right angles, without gantry tilt or other shear. */
export function isOrthogonal(affine: Affine, tolerance = 1e-3): boolean {
  const spacing = affineSpacing(affine);
  const cosine = (p: number, q: number): number =>
    (affine[p] * affine[q] + affine[4 + p] * affine[4 + q] + affine[8 + p] * affine[8 + q]) /
    (spacing[p] * spacing[q]);
  return [cosine(0, 1), cosine(0, 2), cosine(1, 2)].every((value) => Math.abs(value) <= tolerance);
}
