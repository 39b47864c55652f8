import { applyAffine, affineSpacing, invertAffine, multiplyAffines } from "../affine";
import type { Affine, Volume } from "../types";

/** A grid in patient space: the number of voxels and their positions. */
export interface Grid {
  /** `[x, y, z]` */
  readonly shape: readonly [number, number, number];
  /** Voxel to RAS in mm. */
  readonly affine: Affine;
}

type Triple = readonly [number, number, number];

/** Calls `visit` for each voxel of `to` with the place in `from`'s voxels. */
function visitPlaces(
  from: Grid,
  to: Grid,
  visit: (target: number, x: number, y: number, z: number) => void,
): void {
  const toVoxel = multiplyAffines(invertAffine(from.affine), to.affine);
  const [width, height, depth] = to.shape;
  let target = 0;
  for (let k = 0; k < depth; k++) {
    for (let j = 0; j < height; j++) {
      const [x, y, z] = applyAffine(toVoxel, [0, j, k]);
      for (let i = 0; i < width; i++, target++) {
        visit(target, x + toVoxel[0] * i, y + toVoxel[4] * i, z + toVoxel[8] * i);
      }
    }
  }
}

/** Whether a place is within the grid's voxels, half a voxel around their centres. */
function isInside([width, height, depth]: Triple, x: number, y: number, z: number): boolean {
  return (
    x >= -0.5 && y >= -0.5 && z >= -0.5 && x < width - 0.5 && y < height - 0.5 && z < depth - 0.5
  );
}

/**
 * Labels on another grid: each voxel takes that of the nearest voxel; outside is background.
 *
 * @see SimpleITK, `Resample` with `sitkNearestNeighbor`
 */
export function resampleLabelVolume(volume: Volume<Uint8Array>, grid: Grid): Volume<Uint8Array> {
  const { shape, data: from } = volume;
  const [width, height] = shape;
  const data = new Uint8Array(grid.shape[0] * grid.shape[1] * grid.shape[2]);
  visitPlaces(volume, grid, (target, x, y, z) => {
    if (!isInside(shape, x, y, z)) return;
    const [i, j, k] = [Math.floor(x + 0.5), Math.floor(y + 0.5), Math.floor(z + 0.5)];
    data[target] = from[i + width * (j + height * k)];
  });
  return onGrid(volume, grid, data);
}

/**
 * An image on another grid, linear between voxels.
 *
 * @param outside the value outside the image; default the image's minimum, which is air in CT
 * @see SimpleITK, `Resample` with `sitkLinear`
 */
export function resampleImageVolume(volume: Volume, grid: Grid, outside?: number): Volume {
  const { shape, data: from } = volume;
  const [width, height, depth] = shape;
  const empty = outside ?? from.reduce((least, value) => Math.min(least, value), Infinity);
  const data = new Float32Array(grid.shape[0] * grid.shape[1] * grid.shape[2]).fill(empty);
  visitPlaces(volume, grid, (target, x, y, z) => {
    if (!isInside(shape, x, y, z)) return;
    const [i, u] = cellOf(x, width);
    const [j, v] = cellOf(y, height);
    const [k, w] = cellOf(z, depth);
    const at = i + width * (j + height * k);
    const right = i < width - 1 ? 1 : 0;
    const below = j < height - 1 ? width : 0;
    const next = k < depth - 1 ? width * height : 0;
    const row = (first: number): number => from[first] + u * (from[first + right] - from[first]);
    const plane = (first: number): number => {
      const upper = row(first);
      return upper + v * (row(first + below) - upper);
    };
    const lower = plane(at);
    data[target] = lower + w * (plane(at + next) - lower);
  });
  return onGrid(volume, grid, data);
}

/** The voxel before a position, and how far past it the position lies; the edge is held. */
function cellOf(position: number, size: number): [cell: number, share: number] {
  const held = Math.min(Math.max(position, 0), size - 1);
  const cell = Math.floor(held);
  return [cell, held - cell];
}

function onGrid<T extends Float32Array | Uint8Array>(
  { unit, source }: Volume<T>,
  { shape, affine }: Grid,
  data: T,
): Volume<T> {
  return { shape, affine, spacingMm: affineSpacing(affine), data, unit, source };
}
