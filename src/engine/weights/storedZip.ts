import { DataError } from "../../core/errors";

const END_SIGNATURE = 0x06054b50;
const ENTRY_SIGNATURE = 0x02014b50;
const LOCAL_SIGNATURE = 0x04034b50;
const END_BYTES = 22;
const ENTRY_BYTES = 46;
const LOCAL_BYTES = 30;
const MOST_COMMENT_BYTES = 65535;

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  return crc;
});

/** Zip's checksum. */
function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (let i = 0; i < bytes.length; i++) crc = (crc >>> 8) ^ CRC_TABLE[(crc ^ bytes[i]) & 0xff];
  return ~crc >>> 0;
}

/**
 * The entries of a zip file whose entries are not compressed, as `torch.save` writes them: views of
 * the file's own bytes, so that no file costs more memory than its size.
 *
 * @param where the file's name, for messages
 * @throws DataError for a damaged directory, a compressed entry, or one that lies outside the file
 */
export function readStoredZip(where: string, bytes: Uint8Array): Map<string, Uint8Array> {
  const refuse = (expected: string, got: string): never => {
    const remedy = "The file is damaged, or torch.save did not write it.";
    throw new DataError({ where, expected, got, remedy });
  };
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const expectInside = (what: string, start: number, length: number): void => {
    if (start + length > bytes.length)
      refuse(`${what} within ${bytes.length} bytes`, "one outside");
  };
  let end = bytes.length - END_BYTES;
  const first = Math.max(0, end - MOST_COMMENT_BYTES);
  while (end >= first && view.getUint32(end, true) !== END_SIGNATURE) end--;
  if (end < first) return refuse("a zip file's directory at the end", "none");
  const count = view.getUint16(end + 10, true);
  let at = view.getUint32(end + 16, true);
  if (count === 0xffff || at === 0xffffffff)
    return refuse("a zip file of less than 4 GiB", "zip64");
  const entries = new Map<string, Uint8Array>();
  for (let index = 0; index < count; index++) {
    expectInside("a directory", at, ENTRY_BYTES);
    if (view.getUint32(at, true) !== ENTRY_SIGNATURE) refuse(`directory entry ${index}`, "none");
    const method = view.getUint16(at + 10, true);
    const [packed, size] = [view.getUint32(at + 20, true), view.getUint32(at + 24, true)];
    const checksum = view.getUint32(at + 16, true);
    const nameBytes = view.getUint16(at + 28, true);
    const extraBytes = view.getUint16(at + 30, true) + view.getUint16(at + 32, true);
    const local = view.getUint32(at + 42, true);
    expectInside("a directory", at, ENTRY_BYTES + nameBytes + extraBytes);
    const name = new TextDecoder().decode(
      bytes.subarray(at + ENTRY_BYTES, at + ENTRY_BYTES + nameBytes),
    );
    at += ENTRY_BYTES + nameBytes + extraBytes;
    if (method !== 0 || packed !== size) refuse(`"${name}" uncompressed`, "a compressed entry");
    expectInside(`"${name}"`, local, LOCAL_BYTES);
    if (view.getUint32(local, true) !== LOCAL_SIGNATURE) refuse(`the entry "${name}"`, "none");
    const start =
      local + LOCAL_BYTES + view.getUint16(local + 26, true) + view.getUint16(local + 28, true);
    expectInside(`"${name}"`, start, size);
    const data = bytes.subarray(start, start + size);
    if (crc32(data) !== checksum) refuse(`"${name}" as its checksum has it`, "other bytes");
    entries.set(name, data);
  }
  return entries;
}
