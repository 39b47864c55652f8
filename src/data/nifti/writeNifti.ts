import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { DataError } from "../../core/errors";
import { writeWhole } from "../../files/writeWhole";
import type { Volume, VoxelArray } from "../types";
import { encodeNifti } from "./encodeNifti";

const gzipAsync = promisify(gzip);

/** Options of {@link writeNifti}. */
export interface WriteNiftiOptions {
  /**
   * How voxels are stored; by default as they are in memory. `"int16"` and `"uint8"` round, and
   * throw on values out of range.
   */
  readonly datatype?: "float32" | "int16" | "uint8";
  /** 0 (none) to 9 (smallest), for `.gz`; default 4. */
  readonly compressionLevel?: number;
}

/**
 * Writes a volume as one NIfTI-1 file. A volume on the grid of a NIfTI file keeps that file's sform
 * and qform with their codes, its units, its number of axes and its extensions; any other gets its
 * affine as sform (and as qform, unless it is sheared), in millimetres. The file is written whole or
 * not at all.
 *
 * @param path ends in `.nii` or `.nii.gz`
 * @throws DataError for another extension, data that do not fill the shape, or values out of range
 */
export async function writeNifti(
  path: string,
  volume: Volume<VoxelArray>,
  options: WriteNiftiOptions = {},
): Promise<void> {
  if (!/\.nii(\.gz)?$/i.test(path)) {
    throw new DataError({
      where: path,
      expected: "a name that ends in .nii or .nii.gz",
      got: "another extension",
      remedy: "Add it to the name",
    });
  }
  const { compressionLevel = 4, ...stored } = options;
  const file = encodeNifti(path, volume, stored);
  const isPacked = /\.gz$/i.test(path);
  await writeWhole(path, isPacked ? await gzipAsync(file, { level: compressionLevel }) : file);
}
