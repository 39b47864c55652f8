import { createReadStream } from "node:fs";
import { open } from "node:fs/promises";
import type { Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { DataError } from "../../core/errors";
import { asDataError } from "../../files/systemErrors";
import type { IntensityUnit, Volume } from "../types";
import { decodeLabels, decodeVoxels } from "./decodeVoxels";
import type { NiftiHeader } from "./header";
import { FIRST_VOXEL_BYTE, parseNiftiHeader } from "./header";
import { guessUnit } from "./guessUnit";

/** What {@link readNifti} may be told. */
export interface ReadNiftiOptions {
  /** What the numbers mean; by default what the file notes, else a guess from their range. */
  readonly unit?: IntensityUnit;
  /** The largest volume to take in, as stored; default 4 GiB. */
  readonly maxBytes?: number;
}

/** Deflate can't pack tighter than this; a header that claims more than it holds is refused. */
const MAX_DEFLATE_RATIO = 1032;
const DEFAULT_MAX_BYTES = 4 * 2 ** 30;
const CHUNK_BYTES = 1 << 20;

/** Refuses a header that claims more voxels than the file can hold, before any is allocated. */
function checkClaim(
  path: string,
  header: NiftiHeader,
  fileBytes: number,
  isPacked: boolean,
  maxBytes: number,
): void {
  const claimed = header.voxelOffset + header.voxelBytes;
  const holdable = isPacked ? fileBytes * MAX_DEFLATE_RATIO : fileBytes;
  if (claimed > holdable) {
    throw new DataError({
      where: `${path}: dim (byte 40)`,
      expected: `${header.shape.join(" x ")} voxels of ${header.datatype.name}, ${claimed} bytes`,
      got: `a file of ${fileBytes} bytes, which cannot hold them`,
      remedy: "The file is cut short or its header is damaged: fetch it again",
    });
  }
  if (header.voxelBytes > maxBytes) {
    throw new DataError({
      where: `${path}: dim (byte 40)`,
      expected: `at most ${maxBytes} bytes of voxels`,
      got: `${header.voxelBytes} bytes (${header.shape.join(" x ")})`,
      remedy: "Crop or resample the volume, or raise maxBytes",
    });
  }
}

/** Fills the header, then the voxels, from a stream of unpacked bytes; stops when both are full. */
async function collect(
  stream: Readable,
  onHeader: (head: Uint8Array) => NiftiHeader,
): Promise<{ header: NiftiHeader; voxels: Uint8Array<ArrayBuffer>; filled: number }> {
  const head = new Uint8Array(FIRST_VOXEL_BYTE);
  let header: NiftiHeader | null = null;
  let voxels = new Uint8Array(0);
  let position = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    if (position < head.length) {
      head.set(chunk.subarray(0, head.length - position), position);
    }
    if (header === null && position + chunk.length >= head.length) {
      header = onHeader(head);
      voxels = new Uint8Array(header.voxelBytes);
    }
    if (header !== null) {
      const from = Math.max(0, header.voxelOffset - position);
      const target = Math.max(0, position - header.voxelOffset);
      if (from < chunk.length) {
        voxels.set(chunk.subarray(from, from + voxels.length - target), target);
      }
      if (position + chunk.length >= header.voxelOffset + voxels.length) {
        return { header, voxels, filled: voxels.length };
      }
    }
    position += chunk.length;
  }
  header ??= onHeader(head.subarray(0, position));
  return { header, voxels, filled: Math.max(0, position - header.voxelOffset) };
}

/** Header and stored voxels of a file, packed or not, never more bytes than the header names. */
async function readStored(
  path: string,
  maxBytes: number,
): Promise<{ header: NiftiHeader; voxels: Uint8Array<ArrayBuffer> }> {
  const expected = "a NIfTI file (.nii or .nii.gz)";
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
    try {
      const { header, voxels, filled } = await collect(gunzip ?? raw, (head) => {
        const parsed = parseNiftiHeader(path, head);
        checkClaim(path, parsed, fileBytes, isPacked, maxBytes);
        return parsed;
      });
      if (filled < header.voxelBytes) {
        throw new DataError({
          where: `${path}: byte ${header.voxelOffset + filled}`,
          expected: `${header.voxelBytes} bytes of voxels`,
          got: `only ${filled}`,
          remedy: "The file is cut short: fetch it again",
        });
      }
      return { header, voxels };
    } finally {
      raw.destroy();
      gunzip?.destroy();
    }
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException | null)?.code ?? "";
    if (code === "Z_BUF_ERROR") {
      throw new DataError({
        where: path,
        expected: "a whole gzip stream",
        got: "one that ends too early",
        remedy: "The file is cut short: fetch it again",
        cause,
      });
    }
    if (code.startsWith("Z_")) {
      throw new DataError({
        where: path,
        expected: "a sound gzip stream",
        got: `a damaged one (${(cause as Error).message})`,
        remedy: "Fetch the file again",
        cause,
      });
    }
    throw asDataError(path, expected, cause);
  }
}

/**
 * Reads a NIfTI-1 image, packed with gzip or not, either byte order, int8 to float64, 2D or 3D, with
 * the header's slope and intercept applied. Values are held as float32.
 *
 * @param path a `.nii` or `.nii.gz`
 * @throws DataError that names the file and the field or byte; a file never makes it allocate more
 *   than the file can hold
 * @see {@link writeNifti}; nibabel's `Nifti1Image` is its reference in the tests
 */
export async function readNifti(path: string, options: ReadNiftiOptions = {}): Promise<Volume> {
  const { header, voxels } = await readStored(path, options.maxBytes ?? DEFAULT_MAX_BYTES);
  const data = decodeVoxels(header, voxels);
  const { shape, affine, spacingMm } = header;
  const unit = options.unit ?? header.notedUnit ?? guessUnit(data);
  return { shape, data, affine, spacingMm, unit, source: path };
}

/**
 * Reads a NIfTI-1 mask: like {@link readNifti}, but every voxel must be a whole number from 0 to 255.
 *
 * @throws DataError for a voxel that is no label, with its place
 */
export async function readNiftiLabels(
  path: string,
  options: Pick<ReadNiftiOptions, "maxBytes"> = {},
): Promise<Volume<Uint8Array>> {
  const { header, voxels } = await readStored(path, options.maxBytes ?? DEFAULT_MAX_BYTES);
  const data = decodeLabels(path, header, voxels);
  const { shape, affine, spacingMm } = header;
  return { shape, data, affine, spacingMm, unit: "grey8", source: path };
}
