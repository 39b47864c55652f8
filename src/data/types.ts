/** What the numbers in an image mean. `pseudo-HU`: grey values put on the Hounsfield scale by air and fat. */
export type IntensityUnit = "HU" | "pseudo-HU" | "grey8" | "normalised";

/** Class names by label value; index 0 is the background. */
export const CLASS_NAMES = [
  "background",
  "ground-glass opacity",
  "consolidation",
  "pleural effusion",
] as const;

/** A 2D grid of numbers, row-major: `data[row * width + column]`. */
export interface Plane<T extends Float32Array | Uint8Array> {
  readonly height: number;
  readonly width: number;
  readonly data: T;
}

/** One axial slice, with its mask where there is one. */
export interface SliceCase {
  /** Unique in its data set; the file's stem where it is a file. */
  readonly id: string;
  /** The patient, or the group of near-duplicate slices: never on both sides of a split. */
  readonly group: string;
  readonly image: Plane<Float32Array>;
  readonly labels: Plane<Uint8Array> | null;
  readonly unit: IntensityUnit;
  /** `[row, column]` in mm; `null` where the source does not say (JPEG). */
  readonly spacingMm: readonly [number, number] | null;
}

/** Slices of one source. */
export interface SliceDataset {
  readonly name: string;
  readonly classNames: readonly string[];
  readonly cases: readonly SliceCase[];
}

/** A slice as the network sees it: square, grey in [0, 1]. */
export interface Sample {
  readonly id: string;
  readonly group: string;
  readonly image: Plane<Float32Array>;
  readonly labels: Plane<Uint8Array> | null;
}
