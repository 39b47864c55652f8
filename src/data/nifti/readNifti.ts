import { createReadStream } from "node:fs";
import { open } from "node:fs/promises";
import { createGunzip } from "node:zlib";
import { asDataError } from "../../files/systemErrors";
import type { Volume } from "../types";
import type { LabelMap } from "../labelMap";
import { decodeLabels } from "./decodeVoxels";
import { volumeOf } from "./parseNifti";
import { warnOfPlacement } from "./placementIssue";
import type { ReadNiftiOptions } from "./parseNifti";
import { DEFAULT_MAX_BYTES, gzipError, readStored } from "./storedVoxels";
import type { Limit, Stored } from "./storedVoxels";

export type { ReadNiftiOptions } from "./parseNifti";

/** Options of {@link readNiftiLabels}. */
export interface ReadNiftiLabelsOptions extends Pick<
  ReadNiftiOptions,
  "maxBytes" | "onPlacementIssue"
> {
  /** The label for each value, such as `{ 255: 1 }`; by default, values are labels. */
  readonly labels?: LabelMap;
}

const CHUNK_BYTES = 1 << 20;

/** Header and stored voxels of a file, compressed or not. */
async function readFileStored(path: string, limit: Limit): Promise<Stored> {
  try {
    const file = await open(path, "r");
    let fileBytes: number;
    const start = Buffer.alloc(2);
    try {
      fileBytes = (await file.stat()).size;
      await file.read(start, 0, 2, 0);
    } finally {
      await file.close();
    }
    const isPacked = start[0] === 0x1f && start[1] === 0x8b;
    const raw = createReadStream(path, { highWaterMark: CHUNK_BYTES });
    const gunzip = isPacked ? createGunzip({ chunkSize: CHUNK_BYTES }) : null;
    if (gunzip !== null) raw.on("error", (cause) => gunzip.destroy(cause)).pipe(gunzip);
    const stream = (gunzip ?? raw) as AsyncIterable<Buffer>;
    try {
      return await readStored(path, { stream, fileBytes, isPacked }, limit);
    } finally {
      raw.destroy();
      gunzip?.destroy();
    }
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException | null)?.code ?? "";
    if (code.startsWith("Z_")) throw gzipError(path, code === "Z_BUF_ERROR", cause as Error);
    throw asDataError(path, "a NIfTI file (.nii or .nii.gz)", cause);
  }
}

/**
 * Reads a NIfTI-1 image, gzip-compressed or not, either byte order, int8 to float64, 2D or 3D, with
 * the header's slope and intercept applied. Values are held as float32.
 *
 * @param path a `.nii` or `.nii.gz`
 * @throws DataError that names the file and the field or byte; a file never makes it allocate more
 *   than the file can hold
 * @see {@link writeNifti}; nibabel's `Nifti1Image` is its reference in the tests
 */
export async function readNifti(path: string, options: ReadNiftiOptions = {}): Promise<Volume> {
  const { maxBytes = DEFAULT_MAX_BYTES } = options;
  const stored = await readFileStored(path, { maxBytes, kind: "image" });
  return volumeOf(path, stored, options);
}

/**
 * Reads a NIfTI-1 mask: like {@link readNifti}, but every voxel must be an integer from 0 to 255, or within
 * 0.01 of one.
 *
 * @throws DataError for a voxel that is not a label, with its position
 */
export async function readNiftiLabels(
  path: string,
  options: ReadNiftiLabelsOptions = {},
): Promise<Volume<Uint8Array>> {
  const { maxBytes = DEFAULT_MAX_BYTES, labels, onPlacementIssue = warnOfPlacement } = options;
  const { header, voxels, extensions } = await readFileStored(path, { maxBytes, kind: "labels" });
  if (header.placementIssue !== null) onPlacementIssue({ ...header.placementIssue, source: path });
  const data = decodeLabels(path, header, voxels, labels);
  const { shape, affine, spacingMm, form } = header;
  const nifti = { ...form, extensions };
  return { shape, data, affine, spacingMm, unit: "grey8", source: path, nifti };
}
