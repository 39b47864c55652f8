import { DataError, ShapeError } from "../core/errors";
import { formatShape } from "../core/shapes";

/** Integers that may hold class labels. */
export type LabelData = Uint8Array | Uint16Array | Int16Array | Int32Array;

/** A labelled slice, row-major: `data[row * width + column]`. */
export interface LabelPlane {
  readonly height: number;
  readonly width: number;
  readonly data: LabelData;
}

/** A labelled volume: `data[(slice * height + row) * width + column]`. */
export interface LabelVolume extends LabelPlane {
  readonly depth: number;
}

/** Input of the metrics: a slice or a volume. */
export type LabelGrid = LabelPlane | LabelVolume;

/** Voxel sizes in the order of the axes: `[row, column]` of a slice, `[slice, row, column]` of a volume. */
export type SpacingMm = readonly number[];

/** A grid in the form used by the hot loops: three axes, one byte per label. */
export interface ByteGrid {
  readonly depth: number;
  readonly height: number;
  readonly width: number;
  /** 2 for a slice: its depth of 1 has no faces. */
  readonly rank: 2 | 3;
  readonly data: Uint8Array;
}

/** `[height, width]` or `[depth, height, width]`. */
export function shapeOf(grid: LabelGrid): number[] {
  return "depth" in grid ? [grid.depth, grid.height, grid.width] : [grid.height, grid.width];
}

/**
 * Checks one grid and converts it to bytes unless it already is.
 *
 * @throws ShapeError when the data is not as long as the shape says
 * @throws DataError when a label does not fit a byte
 */
export function toByteGrid(where: string, grid: LabelGrid): ByteGrid {
  const shape = shapeOf(grid);
  const size = shape.reduce((product, length) => product * length, 1);
  if (size !== grid.data.length) {
    throw new ShapeError({
      where,
      expected: `${size} labels for ${formatShape(shape)}`,
      got: `${grid.data.length}`,
    });
  }
  return {
    depth: "depth" in grid ? grid.depth : 1,
    height: grid.height,
    width: grid.width,
    rank: shape.length === 3 ? 3 : 2,
    data: toBytes(where, grid.data),
  };
}

/**
 * Both grids, checked to have the same shape.
 *
 * @throws ShapeError if they differ in shape
 */
export function toBytePair(
  where: string,
  truth: LabelGrid,
  prediction: LabelGrid,
): { truth: ByteGrid; prediction: ByteGrid } {
  return {
    truth: toByteGrid(`${where}.truth`, truth),
    prediction: toByteGridLike(`${where}.prediction`, prediction, shapeOf(truth)),
  };
}

/**
 * One grid, checked to have the truth's shape.
 *
 * @throws ShapeError if it does not
 */
export function toByteGridLike(
  where: string,
  grid: LabelGrid,
  wanted: readonly number[],
): ByteGrid {
  const got = shapeOf(grid);
  if (wanted.length !== got.length || wanted.some((length, axis) => length !== got[axis])) {
    throw new ShapeError({
      where,
      expected: `${formatShape(wanted)}, like the truth`,
      got: formatShape(got),
      remedy: "Resample it to the truth's grid first.",
    });
  }
  return toByteGrid(where, grid);
}

/**
 * The spacing as `[slice, row, column]`; all 1 where it is not known.
 *
 * @throws ShapeError when its length is not the grid's rank, or a size is not positive
 */
export function toSpacing3(
  where: string,
  spacingMm: SpacingMm | null | undefined,
  rank: 2 | 3,
): readonly [number, number, number] {
  if (spacingMm === null || spacingMm === undefined) return [1, 1, 1];
  const isUsable =
    spacingMm.length === rank && spacingMm.every((size) => Number.isFinite(size) && size > 0);
  if (!isUsable) {
    throw new ShapeError({
      where: `${where}.spacingMm`,
      expected: `${rank} positive numbers, ${rank === 3 ? "[slice, row, column]" : "[row, column]"}`,
      got: formatShape(spacingMm),
    });
  }
  const [first = 1, second = 1, third = 1] = spacingMm;
  return rank === 3 ? [first, second, third] : [1, first, second];
}

function toBytes(where: string, data: LabelData): Uint8Array {
  if (data instanceof Uint8Array) return data;
  const bytes = new Uint8Array(data.length);
  for (let i = 0; i < data.length; i++) {
    const label = data[i];
    // Untyped callers may pass floats, such as 0.996, which a byte would truncate to 0.
    if (!(label >= 0 && label <= 255 && Number.isInteger(label))) {
      throw new DataError({
        where,
        expected: "integer labels from 0 to 255",
        got: `${label} at ${i}`,
        remedy: "Round them first, or take the most likely class of probabilities.",
      });
    }
    bytes[i] = label;
  }
  return bytes;
}
