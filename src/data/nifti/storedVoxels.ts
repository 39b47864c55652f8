import { DataError } from "../../core/errors";
import { decodedBytes } from "./decodeVoxels";
import type { NiftiHeader } from "./header";
import { FIRST_VOXEL_BYTE, HEADER_BYTES, parseNiftiHeader } from "./header";

/** Deflate's highest compression ratio; a header that claims more voxels than this allows is refused. */
const MAX_DEFLATE_RATIO = 1032;
export const DEFAULT_MAX_BYTES = 4 * 2 ** 30;
/** Larger extensions are not kept. */
const MAX_EXTENSION_BYTES = 2 ** 20;

/** How much memory a read may use, and how it decodes the voxels. */
export interface Limit {
  readonly maxBytes: number;
  readonly kind: "image" | "labels";
}

/** A file's contents. */
export interface Stored {
  readonly header: NiftiHeader;
  readonly voxels: Uint8Array<ArrayBuffer>;
  readonly extensions: Uint8Array;
}

/** Rejects a header that claims more voxels than the file can hold, before any are allocated. */
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

/** Fills the header, then the voxels, from a stream of uncompressed bytes; stops when both are full. */
async function collect(
  stream: AsyncIterable<Uint8Array>,
  onHeader: (head: Uint8Array) => NiftiHeader,
): Promise<Stored & { readonly filled: number }> {
  const head = new Uint8Array(FIRST_VOXEL_BYTE);
  let header: NiftiHeader | null = null;
  let voxels = new Uint8Array(0);
  let extensions = new Uint8Array(0);
  let position = 0;
  for await (const chunk of stream) {
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

/** Copies the part of a chunk at `position` that belongs to a target starting at `first`. */
function copyOverlap(chunk: Uint8Array, position: number, target: Uint8Array, first: number): void {
  const from = Math.max(0, first - position);
  const to = Math.min(chunk.length, first + target.length - position);
  if (from < to) target.set(chunk.subarray(from, to), position + from - first);
}

/** Extensions with consistent sizes, multiples of 16 as NIfTI requires; others are dropped. */
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

/** A stream of uncompressed bytes, and what is known of its file. */
export interface NiftiStream {
  readonly stream: AsyncIterable<Uint8Array>;
  readonly fileBytes: number;
  readonly isPacked: boolean;
}

/**
 * Header and stored voxels, never more bytes than the header states.
 *
 * @param path for error messages
 */
export async function readStored(
  path: string,
  { stream, fileBytes, isPacked }: NiftiStream,
  limit: Limit,
): Promise<Stored> {
  const { header, voxels, extensions, filled } = await collect(stream, (head) => {
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
}

/** The error for a gzip stream that cannot be decompressed. */
export function gzipError(path: string, isCutShort: boolean, cause: Error): DataError {
  return new DataError({
    where: path,
    expected: isCutShort ? "a complete gzip stream" : "an intact gzip stream",
    got: isCutShort ? "one that ends too early" : `a damaged one (${cause.message})`,
    remedy: isCutShort ? "The file is cut short: fetch it again" : "Fetch the file again",
    cause,
  });
}
