import { inflateRawSync } from "node:zlib";
import { DataError } from "../core/errors";

const END_SIGNATURE = 0x06054b50;
const ENTRY_SIGNATURE = 0x02014b50;
const LOCAL_SIGNATURE = 0x04034b50;
const END_BYTES = 22;
const ENTRY_BYTES = 46;
const LOCAL_BYTES = 30;
const MOST_COMMENT_BYTES = 65535;
const STORED = 0;
const DEFLATED = 8;

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  return crc;
});

/** CRC-32, as used by zip. */
function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (let i = 0; i < bytes.length; i++) crc = (crc >>> 8) ^ CRC_TABLE[(crc ^ bytes[i]) & 0xff];
  return ~crc >>> 0;
}

/** Options of {@link readZip}. */
export interface ReadZipOptions {
  /** The remedy, appended to errors. */
  readonly remedy: string;
  /** The maximum total size of unpacked entries in bytes; 0 allows uncompressed entries only. */
  readonly maxUnpackedBytes: number;
  /** Which entries to read, by name; default all. */
  readonly isWanted?: (name: string) => boolean;
}

/** An entry of the central directory. */
interface Entry {
  readonly name: string;
  readonly method: number;
  readonly checksum: number;
  readonly packed: number;
  readonly size: number;
  readonly local: number;
}

type Fail = (expected: string, got: string, cause?: unknown) => DataError;

/**
 * Reads the entries of a zip file, by name. Uncompressed entries are views of the file's bytes; compressed
 * ones are unpacked up to the size stated in the directory, so that no file needs more memory than its
 * size and `maxUnpackedBytes`.
 *
 * @param where the file's name, for messages
 * @throws DataError for a damaged directory, for an entry that is outside the file, damaged, encrypted or
 *   duplicated, and for more than `maxUnpackedBytes`
 */
export function readZip(
  where: string,
  bytes: Uint8Array,
  { remedy, maxUnpackedBytes, isWanted = () => true }: ReadZipOptions,
): Map<string, Uint8Array> {
  const fail: Fail = (expected, got, cause) =>
    new DataError({ where, expected, got, remedy, cause });
  const entries = new Map<string, Uint8Array>();
  let left = maxUnpackedBytes;
  for (const entry of readDirectory(bytes, fail)) {
    const { name, method, size } = entry;
    if (!isWanted(name)) continue;
    if (entries.has(name)) throw fail(`"${name}" once`, "two entries of that name");
    if (method !== STORED) {
      if (maxUnpackedBytes === 0) throw fail(`"${name}" uncompressed`, "a compressed entry");
      if (size > left) {
        throw fail(`at most ${maxUnpackedBytes} bytes of entries`, `${size} of "${name}"`);
      }
      left -= size;
    }
    entries.set(name, entryData(bytes, entry, fail));
  }
  return entries;
}

function readDirectory(bytes: Uint8Array, fail: Fail): Entry[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let end = bytes.length - END_BYTES;
  const first = Math.max(0, end - MOST_COMMENT_BYTES);
  while (end >= first && view.getUint32(end, true) !== END_SIGNATURE) end--;
  if (end < first) throw fail("a zip file's directory at the end", "none");
  const count = view.getUint16(end + 10, true);
  let at = view.getUint32(end + 16, true);
  if (count === 0xffff || at === 0xffffffff) {
    throw fail("a zip file of less than 4 GiB", "zip64");
  }
  return Array.from({ length: count }, (_, index): Entry => {
    expectInside(bytes, "a directory", at, ENTRY_BYTES, fail);
    if (view.getUint32(at, true) !== ENTRY_SIGNATURE) {
      throw fail(`directory entry ${index}`, "none");
    }
    const nameBytes = view.getUint16(at + 28, true);
    const extraBytes = view.getUint16(at + 30, true) + view.getUint16(at + 32, true);
    const start = at;
    at += ENTRY_BYTES + nameBytes + extraBytes;
    expectInside(bytes, "a directory", start, at - start, fail);
    const name = bytes.subarray(start + ENTRY_BYTES, start + ENTRY_BYTES + nameBytes);
    return {
      name: new TextDecoder().decode(name),
      method: view.getUint16(start + 10, true),
      checksum: view.getUint32(start + 16, true),
      packed: view.getUint32(start + 20, true),
      size: view.getUint32(start + 24, true),
      local: view.getUint32(start + 42, true),
    };
  });
}

function entryData(bytes: Uint8Array, entry: Entry, fail: Fail): Uint8Array {
  const { name, method, checksum, packed, size, local } = entry;
  expectInside(bytes, `"${name}"`, local, LOCAL_BYTES, fail);
  const view = new DataView(bytes.buffer, bytes.byteOffset + local, LOCAL_BYTES);
  if (view.getUint32(0, true) !== LOCAL_SIGNATURE) throw fail(`the entry "${name}"`, "none");
  const start = local + LOCAL_BYTES + view.getUint16(26, true) + view.getUint16(28, true);
  expectInside(bytes, `"${name}"`, start, packed, fail);
  const stored = bytes.subarray(start, start + packed);
  const data = method === STORED ? stored : inflate(stored, entry, fail);
  if (data.length !== size) throw fail(`${size} bytes of "${name}"`, String(data.length));
  if (crc32(data) !== checksum) throw fail(`"${name}" as its checksum has it`, "other bytes");
  return data;
}

function inflate(stored: Uint8Array, { name, method, size }: Entry, fail: Fail): Uint8Array {
  if (method !== DEFLATED) {
    throw fail(`"${name}" uncompressed or deflated`, `compression method ${method}`);
  }
  try {
    // A limit of 0 would mean no limit.
    return inflateRawSync(stored, { maxOutputLength: Math.max(1, size) });
  } catch (cause) {
    const got = cause instanceof Error ? cause.message : String(cause);
    throw fail(`${size} bytes of "${name}"`, got, cause);
  }
}

function expectInside(
  bytes: Uint8Array,
  what: string,
  start: number,
  length: number,
  fail: Fail,
): void {
  if (start + length <= bytes.length) return;
  throw fail(`${what} within ${bytes.length} bytes`, "one outside");
}
