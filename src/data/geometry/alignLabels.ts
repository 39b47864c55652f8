import { basename } from "node:path";
import { DataError } from "../../core/errors";
import { affineSpacing, applyAffine, axisCodes, closestAxes } from "../affine";
import type { Volume, VoxelArray } from "../types";
import { resampleLabelVolume } from "./resampleVolume";
import type { Grid } from "./resampleVolume";

/** Grids are equal if no corner differs by more than this fraction of the smallest voxel side. */
const TOLERANCE = 0.1;

/** How one grid's axes run along another's. */
interface AxisMatch {
  /** For each axis of the reference, the other grid's axis. */
  readonly axes: readonly [number, number, number];
  readonly isFlipped: readonly [boolean, boolean, boolean];
}

/** How {@link alignLabels} treats a grid that is truly another. */
export interface AlignOptions {
  /** Whether to resample it by nearest neighbour; by default it is an error. */
  readonly resample?: boolean;
  /** How to ask for `resample` where this was called; ends the error. */
  readonly remedy?: string;
}

/**
 * Brings labels onto a reference grid. Grids that differ in the order and direction of their axes
 * only are the same places in another order, and the labels are reordered exactly; any other grid is
 * refused, unless resampling was asked for.
 *
 * @returns the same volume if the grids are already equal
 * @throws DataError that states by how many mm the grids differ
 * @example
 * const affine = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1];
 * const grid = { shape: [2, 1, 1], affine, spacingMm: [1, 1, 1], unit: "grey8", source: "" } as const;
 * const image = { ...grid, data: Float32Array.of(10, 20) };
 * const mirrored = [-1, 0, 0, 1, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1];
 * const mask = { ...grid, affine: mirrored, data: Uint8Array.of(1, 0) };
 * Array.from(alignLabels(image, mask).data); // [0, 1]
 */
export function alignLabels(
  reference: Volume<VoxelArray>,
  labels: Volume<Uint8Array>,
  options: AlignOptions = {},
): Volume<Uint8Array> {
  const { resample = false, remedy = "Pair each mask with its own image, or resample it" } =
    options;
  if (isUnplaced(reference) !== isUnplaced(labels)) {
    const [without, other] = isUnplaced(labels) ? [labels, reference] : [reference, labels];
    throw new DataError({
      where: without.source,
      expected: `a place in the patient, as ${basename(other.source)} has`,
      got: "none (sform_code and qform_code are 0)",
      remedy: "Copy the affine of the file that it belongs to into its header",
    });
  }
  const match = matchAxes(reference, labels);
  if (match !== null) return reorder(reference, labels, match);
  if (resample) return resampleLabelVolume(labels, reference);
  throw new DataError({
    where: labels.source,
    expected: `the grid of ${basename(reference.source)}, ${describeGrid(reference)}`,
    got: `${describeGrid(labels)}, ${describeDifference(reference, labels)}`,
    remedy,
  });
}

/** A file that does not state the position of its voxels. */
function isUnplaced({ nifti }: Volume<VoxelArray>): boolean {
  return nifti !== undefined && nifti.sformCode === 0 && nifti.qformCode === 0;
}

/** The order and direction of the axes if both grids have the same positions; otherwise `null`. */
function matchAxes(reference: Volume<VoxelArray>, other: Volume<VoxelArray>): AxisMatch | null {
  const [toReference, toOther] = [closestAxes(reference.affine), closestAxes(other.affine)];
  // Both lists go from patient axis to voxel axis.
  const axes = [0, 1, 2].map((axis) => toOther[toReference.indexOf(axis)]) as [
    number,
    number,
    number,
  ];
  if (axes.some((axis, index) => other.shape[axis] !== reference.shape[index])) return null;
  const isFlipped = axes.map((axis, index) => {
    const along = [0, 4, 8].reduce(
      (sum, row) => sum + reference.affine[row + index] * other.affine[row + axis],
      0,
    );
    return along < 0;
  }) as [boolean, boolean, boolean];
  // A 2D file's third axis has no length to compare.
  const isFlat = [reference, other].some(({ nifti }) => (nifti?.rank ?? 3) < 3);
  const sides = reference.shape.map((size, index) =>
    isFlat && index === 2 ? [0] : [-0.5, size - 0.5],
  );
  const smallest = Math.min(...affineSpacing(reference.affine).slice(0, isFlat ? 2 : 3));
  for (const x of sides[0]) {
    for (const y of sides[1]) {
      for (const z of sides[2]) {
        const corner = [x, y, z] as const;
        const theirs: [number, number, number] = [0, 0, 0];
        axes.forEach((axis, index) => {
          theirs[axis] = isFlipped[index]
            ? reference.shape[index] - 1 - corner[index]
            : corner[index];
        });
        if (isFlat) theirs[2] = 0;
        const away = distance(
          applyAffine(reference.affine, corner),
          applyAffine(other.affine, theirs),
        );
        if (!(away <= TOLERANCE * smallest)) return null;
      }
    }
  }
  return { axes, isFlipped };
}

const distance = (a: readonly number[], b: readonly number[]): number =>
  Math.hypot(...a.map((value, axis) => value - b[axis]));

/** The labels in the reference's order of axes. */
function reorder(
  reference: Grid,
  labels: Volume<Uint8Array>,
  { axes, isFlipped }: AxisMatch,
): Volume<Uint8Array> {
  if (axes.every((axis, index) => axis === index && !isFlipped[index])) return labels;
  const strides = [1, labels.shape[0], labels.shape[0] * labels.shape[1]];
  const steps = axes.map((axis, index) => (isFlipped[index] ? -strides[axis] : strides[axis]));
  const [width, height, depth] = reference.shape;
  const first = axes.reduce(
    (sum, axis, index) =>
      sum + (isFlipped[index] ? (reference.shape[index] - 1) * strides[axis] : 0),
    0,
  );
  const data = new Uint8Array(labels.data.length);
  let to = 0;
  for (let k = 0; k < depth; k++) {
    for (let j = 0; j < height; j++) {
      let from = first + k * steps[2] + j * steps[1];
      for (let i = 0; i < width; i++, from += steps[0]) data[to++] = labels.data[from];
    }
  }
  const { affine } = reference;
  const { unit, source } = labels;
  return { shape: reference.shape, affine, spacingMm: affineSpacing(affine), data, unit, source };
}

function describeGrid({ shape, affine }: Grid): string {
  const spacing = affineSpacing(affine).map((mm) => Number(mm.toPrecision(4)));
  return `${shape.join(" x ")} voxels of ${spacing.join(" x ")} mm, axes ${axisCodes(affine)}`;
}

/** How far apart the centres lie, and the furthest corners of the two boxes. */
function describeDifference(reference: Grid, other: Grid): string {
  const centre = ({ shape, affine }: Grid): readonly number[] =>
    applyAffine(affine, [(shape[0] - 1) / 2, (shape[1] - 1) / 2, (shape[2] - 1) / 2]);
  const corners = ({ shape, affine }: Grid): (readonly number[])[] =>
    [0, 1, 2, 3, 4, 5, 6, 7].map((bits) =>
      applyAffine(affine, [
        bits & 1 ? shape[0] - 0.5 : -0.5,
        bits & 2 ? shape[1] - 0.5 : -0.5,
        bits & 4 ? shape[2] - 0.5 : -0.5,
      ]),
    );
  const [ours, theirs] = [corners(reference), corners(other)];
  const furthest = Math.max(
    ...theirs.map((corner) => Math.min(...ours.map((own) => distance(own, corner)))),
  );
  const shift = distance(centre(reference), centre(other));
  return `its centre ${shift.toFixed(2)} mm and its corners up to ${furthest.toFixed(2)} mm away`;
}
