import { baseName } from "../fileNames";

/** Voxels of an image that are not finite numbers, such as those that resampling puts outside the scan. */
export interface NonFiniteVoxels {
  readonly count: number;
  readonly source: string;
}

export function countNonFinite(data: Float32Array): number {
  let count = 0;
  for (const value of data) if (!Number.isFinite(value)) count++;
  return count;
}

/** What they are replaced by, as a sentence without the file's name. */
export function describeNonFinite({ count }: NonFiniteVoxels): string {
  return `${count} ${count === 1 ? "voxel is not a number" : "voxels are not numbers"} (NaN or infinite); NaN is treated as black`;
}

/** Reports it on stderr. */
export function warnOfNonFinite(found: NonFiniteVoxels): void {
  console.warn(`${baseName(found.source)}: ${describeNonFinite(found)}`);
}
