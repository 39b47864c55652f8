import { createReadStream } from "node:fs";
import { open } from "node:fs/promises";
import type { Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { DataError } from "../../core/errors";
import { asDataError } from "../../files/systemErrors";
import type { IntensityUnit, Volume } from "../types";
import type { LabelMap } from "../labelMap";
import { decodeLabels, decodeVoxels, decodedBytes } from "./decodeVoxels";
import type { NiftiHeader } from "./header";
import { FIRST_VOXEL_BYTE, HEADER_BYTES, parseNiftiHeader } from "./header";
import { guessUnit, warnOfGuess } from "./guessUnit";
import type { UnitGuess } from "./guessUnit";

/** What {@link readNifti} may be told. */
export interface ReadNiftiOptions {
  /** What the numbers mean; by default what the file notes, else a guess from their range. */
  readonly unit?: IntensityUnit;
  /** What they mean where the file does not note it and `unit` does not say; by default a guess. */
  readonly unnotedUnit?: IntensityUnit | undefined;
  /** Is told where the unit was guessed; by default a line on stderr says so. */
  readonly onUnitGuess?: (guess: UnitGuess & { readonly source: string }) => void;
  /** The most memory to take: voxels as stored and as decoded together; default 4 GiB. */
  readonly maxBytes?: number;
}

/** What {@link readNiftiLabels} may be told. */
export interface ReadNiftiLabelsOptions extends Pick<ReadNiftiOptions, "maxBytes"> {
  /** The label that each value stands for, such as `{ 255: 1 }`; by default values are labels. */
  readonly labels?: LabelMap;
}

/** Deflate can't pack tighter than this; a header that claims more than it holds is refused. */
const MAX_DEFLATE_RATIO = 1032;
const DEFAULT_MAX_BYTES = 4 * 2 ** 30;
const CHUNK_BYTES = 1 << 20;
/** Larger extensions are not kept. */
const MAX_EXTENSION_BYTES = 2 ** 20;

/** How much memory a read may take, and what it makes of the voxels. */
interface Limit {
  readonly maxBytes: number;
  readonly kind: "image" | "labels";
}

/** What a file holds. */
interface Stored {
  readonly header: NiftiHeader;
  readonly voxels: Uint8Array<ArrayBuffer>;
  readonly extensions: Uint8Array;
}

/** Refuses a header that claims more voxels than the file can hold, before any is allocated. */
function checkClaim(
  path: string,
  header: NiftiHeader,
  fileBytes: number,
  isPacked: boolean,
  { maxBytes, kind }: Limit,
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
  const needed = decodedBytes(header, kind);
  if (needed > maxBytes) {
    throw new DataError({
      where: `${path}: dim (byte 40)`,
      expected: `a volume that takes at most ${maxBytes} bytes of memory`,
      got: `${needed} (${header.shape.join(" x ")} of ${header.datatype.name}, decoded as ${kind})`,
      remedy: "Crop or resample the volume, or raise maxBytes",
    });
  }
}

/** Fills the header, then the voxels, from a stream of unpacked bytes; stops when both are full. */
async function collect(
  stream: Readable,
  onHeader: (head: Uint8Array) => NiftiHeader,
): Promise<Stored & { readonly filled: number }> {
  const head = new Uint8Array(FIRST_VOXEL_BYTE);
  let header: NiftiHeader | null = null;
  let voxels = new Uint8Array(0);
  let extensions = new Uint8Array(0);
  let position = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    if (position < head.length) {
      head.set(chunk.subarray(0, head.length - position), position);
    }
    if (header === null && position + chunk.length >= head.length) {
      header = onHeader(head);
      voxels = new Uint8Array(header.voxelBytes);
      const between = header.voxelOffset - FIRST_VOXEL_BYTE;
      const isKept = head[HEADER_BYTES] !== 0 && between <= MAX_EXTENSION_BYTES;
      if (isKept) extensions = new Uint8Array(between);
    }
    if (header !== null) {
      copyOverlap(chunk, position, extensions, FIRST_VOXEL_BYTE);
      const from = Math.max(0, header.voxelOffset - position);
      const target = Math.max(0, position - header.voxelOffset);
      if (from < chunk.length) {
        voxels.set(chunk.subarray(from, from + voxels.length - target), target);
      }
      if (position + chunk.length >= header.voxelOffset + voxels.length) {
        return { header, voxels, extensions: checkedExtensions(extensions), filled: voxels.length };
      }
    }
    position += chunk.length;
  }
  header ??= onHeader(head.subarray(0, position));
  return { header, voxels, extensions, filled: Math.max(0, position - header.voxelOffset) };
}

/** Copies the part of a chunk at `position` that belongs to a target which begins at `first`. */
function copyOverlap(chunk: Buffer, position: number, target: Uint8Array, first: number): void {
  const from = Math.max(0, first - position);
  const to = Math.min(chunk.length, first + target.length - position);
  if (from < to) target.set(chunk.subarray(from, to), position + from - first);
}

/** Extensions whose sizes add up, each a multiple of 16 as NIfTI asks; others are not passed on. */
function checkedExtensions(bytes: Uint8Array): Uint8Array {
  const view = new DataView(bytes.buffer);
  let at = 0;
  while (at + 8 <= bytes.length) {
    const size = view.getInt32(at, true);
    if (size < 16 || size % 16 !== 0 || at + size > bytes.length) break;
    at += size;
  }
  return at === bytes.length ? bytes : new Uint8Array(0);
}

/** Header and stored voxels of a file, packed or not, never more bytes than the header names. */
async function readStored(path: string, limit: Limit): Promise<Stored> {
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
      const { header, voxels, extensions, filled } = await collect(gunzip ?? raw, (head) => {
        const parsed = parseNiftiHeader(path, head);
        checkClaim(path, parsed, fileBytes, isPacked, limit);
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
      return { header, voxels, extensions };
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
  const { maxBytes = DEFAULT_MAX_BYTES, onUnitGuess = warnOfGuess } = options;
  const { header, voxels, extensions } = await readStored(path, { maxBytes, kind: "image" });
  const data = decodeVoxels(header, voxels);
  const { shape, affine, spacingMm, form } = header;
  let unit = options.unit ?? header.notedUnit ?? options.unnotedUnit ?? null;
  if (unit === null) {
    const guess = guessUnit(data);
    unit = guess.unit;
    onUnitGuess({ ...guess, source: path });
  }
  const nifti = { ...form, extensions };
  return { shape, data, affine, spacingMm, unit, source: path, nifti };
}

/**
 * Reads a NIfTI-1 mask: like {@link readNifti}, but every voxel must be a whole number from 0 to 255, or within
 * 0.01 of one.
 *
 * @throws DataError for a voxel that is no label, with its place
 */
export async function readNiftiLabels(
  path: string,
  options: ReadNiftiLabelsOptions = {},
): Promise<Volume<Uint8Array>> {
  const { maxBytes = DEFAULT_MAX_BYTES, labels } = options;
  const { header, voxels, extensions } = await readStored(path, { maxBytes, kind: "labels" });
  const data = decodeLabels(path, header, voxels, labels);
  const { shape, affine, spacingMm, form } = header;
  const nifti = { ...form, extensions };
  return { shape, data, affine, spacingMm, unit: "grey8", source: path, nifti };
}
