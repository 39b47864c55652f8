import { ShapeError } from "../core/errors";
import { axialGrid } from "./affine";
import { UNNAMED, nameClasses } from "./classNames";
import type { Plane, SliceCase, SliceDataset, Volume, VolumeGrid, VoxelArray } from "./types";

/** The index of a slice's first pixel in the volume's data, and the steps along rows and columns. */
function sliceSteps(grid: VolumeGrid, slice: number): { first: number; row: number; col: number } {
  const strides = [1, grid.shape[0], grid.shape[0] * grid.shape[1]];
  const [height, width, depth] = gridSize(grid);
  const [rowAxis, colAxis, sliceAxis] = grid.axes;
  const [isRowFlipped, isColFlipped, isSliceFlipped] = grid.isFlipped;
  return {
    first:
      (isRowFlipped ? (height - 1) * strides[rowAxis] : 0) +
      (isColFlipped ? (width - 1) * strides[colAxis] : 0) +
      (isSliceFlipped ? depth - 1 - slice : slice) * strides[sliceAxis],
    row: isRowFlipped ? -strides[rowAxis] : strides[rowAxis],
    col: isColFlipped ? -strides[colAxis] : strides[colAxis],
  };
}

/** The size `[height, width, slices]` of the axial view. */
export function gridSize(grid: VolumeGrid): [height: number, width: number, slices: number] {
  return [grid.shape[grid.axes[0]], grid.shape[grid.axes[1]], grid.shape[grid.axes[2]]];
}

function copySlice(grid: VolumeGrid, slice: number, from: VoxelArray, to: VoxelArray): void {
  const [height, width] = gridSize(grid);
  const { first, row, col } = sliceSteps(grid, slice);
  for (let r = 0; r < height; r++) {
    let at = first + r * row;
    for (let c = 0; c < width; c++, at += col) to[r * width + c] = from[at];
  }
}

/**
 * Cuts a volume into axial slices, seen from the feet with the front up, whatever the orientation of
 * the file.
 *
 * @param mask labels on the same grid, or `null`
 * @param options.classNames by label, background first; default `class 1`, `class 2` … up to the mask's largest label
 * @param options.group the group of all slices, for the volume of one patient; by default each slice is
 *   its own group, as in a stack of slices from many patients
 * @throws ShapeError if the mask has another shape; DataError for mask values that are not labels, if no names
 *   are given
 * @see {@link labelsToVolume}, its inverse
 */
export function sliceVolume(
  image: Volume,
  mask: Volume<Uint8Array> | null,
  options: {
    readonly name: string;
    readonly classNames?: readonly string[];
    readonly group?: string;
  },
): SliceDataset {
  const { name, classNames, group } = options;
  if (mask !== null && mask.shape.some((size, axis) => size !== image.shape[axis])) {
    throw new ShapeError({
      where: mask.source,
      expected: `the shape of ${image.source}, ${image.shape.join(" x ")}`,
      got: mask.shape.join(" x "),
      remedy: "Pair each mask with its own image",
    });
  }
  const grid = axialGrid(image);
  const [height, width, slices] = gridSize(grid);
  const digits = String(slices - 1).length;
  const cases = Array.from({ length: slices }, (_, slice): SliceCase => {
    const data = new Float32Array(height * width);
    copySlice(grid, slice, image.data, data);
    let labels: Plane<Uint8Array> | null = null;
    if (mask !== null) {
      labels = { height, width, data: new Uint8Array(height * width) };
      copySlice(grid, slice, mask.data, labels.data);
    }
    const id = slices === 1 ? name : `${name}-${String(slice).padStart(digits, "0")}`;
    return {
      id,
      group: group ?? id,
      image: { height, width, data },
      labels,
      unit: image.unit,
      spacingMm: [grid.spacingMm[grid.axes[0]], grid.spacingMm[grid.axes[1]]],
    };
  });
  if (classNames !== undefined) return { name, classNames, cases, grid };
  return nameClasses(mask?.source ?? name, { name, classNames: UNNAMED, cases, grid });
}

/**
 * Puts label slices back onto the grid of the volume that they were cut from; the exact inverse of
 * {@link sliceVolume}.
 *
 * @param planes one per slice, in the order of {@link sliceVolume}
 * @throws ShapeError for a wrong number or size of slices
 */
export function labelsToVolume(
  planes: readonly Plane<Uint8Array>[],
  grid: VolumeGrid,
  source = "prediction",
): Volume<Uint8Array> {
  const [height, width, slices] = gridSize(grid);
  const wrong = planes.find((plane) => plane.height !== height || plane.width !== width);
  if (planes.length !== slices || wrong !== undefined) {
    throw new ShapeError({
      where: "labelsToVolume.planes",
      expected: `${slices} slices of ${height} x ${width}`,
      got:
        wrong === undefined
          ? `${planes.length} slices`
          : `a slice of ${wrong.height} x ${wrong.width}`,
    });
  }
  const data = new Uint8Array(grid.shape[0] * grid.shape[1] * grid.shape[2]);
  planes.forEach((plane, slice) => {
    const { first, row, col } = sliceSteps(grid, slice);
    for (let r = 0; r < height; r++) {
      let at = first + r * row;
      for (let c = 0; c < width; c++, at += col) data[at] = plane.data[r * width + c];
    }
  });
  const { shape, affine, spacingMm, nifti } = grid;
  const form = nifti === undefined ? {} : { nifti };
  return { shape, data, affine, spacingMm, unit: "grey8", source, ...form };
}
