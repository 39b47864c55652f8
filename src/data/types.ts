/**
 * The unit of the values in an image. `pseudo-HU`: grey values mapped to the Hounsfield scale by air and
 * fat. `arbitrary`: a scale specific to the scanner, as in MR and PET.
 */
export type IntensityUnit = (typeof INTENSITY_UNITS)[number];

/** The units by name. */
export const INTENSITY_UNITS = ["HU", "pseudo-HU", "grey8", "normalised", "arbitrary"] as const;

/** Class names by label value; index 0 is the background. */
export const CLASS_NAMES = [
  "background",
  "ground-glass opacity",
  "consolidation",
  "pleural effusion",
] as const;

/** The arrays that can hold a volume's voxels. */
export type VoxelArray = Float32Array | Int16Array | Uint8Array;

/** Row-major 4 × 4 matrix from voxel index `[i, j, k, 1]` to patient space in mm; axes right, anterior, superior. */
export type Affine = readonly number[];

/**
 * The header fields of a NIfTI file about its grid, besides the affine. They let a mask on the same grid
 * be written with the same fields as its scan.
 */
export interface NiftiForm {
  /** The number of axes in the file; 2 for a single slice. */
  readonly rank: number;
  /** `0` none, `1` scanner, `2` aligned, `3` Talairach, `4` MNI. */
  readonly sformCode: number;
  readonly qformCode: number;
  /** The units byte: millimetres, micrometres, seconds. */
  readonly xyztUnits: number;
  /** Bytes 76 to 92 and 252 to 328 of the header, little endian: voxel sizes and both forms. */
  readonly placement: Uint8Array;
  /** The affine that these fields describe; they are not valid for a volume with another affine. */
  readonly affine: Affine;
  /** The extensions after the header, unchanged; empty if there are none. */
  readonly extensions: Uint8Array;
}

/**
 * Voxels on a grid in patient space.
 *
 * @typeParam T `Float32Array` for images, `Uint8Array` for labels
 */
export interface Volume<T extends VoxelArray = Float32Array> {
  /** `[x, y, z]`, as nibabel gives it; a 2D image has `z` = 1. */
  readonly shape: readonly [number, number, number];
  /** `data[x + shape[0] * (y + shape[1] * z)]`. */
  readonly data: T;
  /** Voxel to RAS in mm. */
  readonly affine: Affine;
  /** Distance between neighbouring voxels along each axis, in mm. */
  readonly spacingMm: readonly [number, number, number];
  readonly unit: IntensityUnit;
  /** The file or the generator it came from. */
  readonly source: string;
  /** Present if the volume is from a NIfTI file. */
  readonly nifti?: NiftiForm;
}

/** A 2D grid of numbers, row-major: `data[row * width + column]`. */
export interface Plane<T extends Float32Array | Uint16Array | Uint8Array> {
  readonly height: number;
  readonly width: number;
  readonly data: T;
}

/**
 * Where slices lie in the volume that they were cut from: rows run towards the patient's back, columns
 * towards the patient's left and slices towards the head, whatever the file's own order is.
 */
export interface VolumeGrid {
  readonly shape: readonly [number, number, number];
  readonly affine: Affine;
  readonly spacingMm: readonly [number, number, number];
  /** The axes of the volume along which rows, columns and slices run. */
  readonly axes: readonly [row: number, column: number, slice: number];
  /** Whether each of them runs against its axis. */
  readonly isFlipped: readonly [row: boolean, column: boolean, slice: boolean];
  readonly nifti?: NiftiForm;
}

/** One axial slice, with its mask if it has one. */
export interface SliceCase {
  /** Unique in its data set; for a slice that is a file, the file's stem. */
  readonly id: string;
  /** The patient or the group of near-duplicate slices, which is never on both sides of a split. */
  readonly group: string;
  readonly image: Plane<Float32Array>;
  readonly labels: Plane<Uint8Array> | null;
  readonly unit: IntensityUnit;
  /** `[row, column]` in mm; `null` if the source does not state it (JPEG). */
  readonly spacingMm: readonly [number, number] | null;
}

/** Slices from one source. */
export interface SliceDataset {
  readonly name: string;
  readonly classNames: readonly string[];
  readonly cases: readonly SliceCase[];
  /** The volume that the slices were cut from, bottom slice first; `null` for image folders. */
  readonly grid: VolumeGrid | null;
  /**
   * What is known about the patients: each group is one patient (`"known"`, the default); all slices are
   * from one volume, which may be one patient's (`"oneVolume"`); or it is unknown which slices belong to
   * one patient (`"unknown"`). Near-duplicate slices always form one group. See `splitNote`.
   */
  readonly patients?: "known" | "oneVolume" | "unknown";
}

/** A slice as input of the network: square, grey in [0, 1]. */
export interface Sample {
  readonly id: string;
  readonly group: string;
  readonly image: Plane<Float32Array>;
  readonly labels: Plane<Uint8Array> | null;
  /** Class names of its data set by label value; absent if they are not known. */
  readonly classNames?: readonly string[];
  /** The augmentation, such as `"rotate90"`; absent on an original sample. */
  readonly augmentation?: string;
}
