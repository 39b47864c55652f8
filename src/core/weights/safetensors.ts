import { DataError } from "../errors";
import { formatShape } from "../shapes";
import { ELEMENT_TYPES } from "./elementTypes";
import type { ByteSource, WeightMap, WeightTensor } from "./WeightTensor";

/** A tensor's entry in the header. */
interface Entry {
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly number[];
  /** Bytes from the end of the header, `[begin, end)`. */
  readonly begin: number;
  readonly end: number;
}

// The reference implementation's limit.
const MAX_HEADER_BYTES = 100_000_000;

function fail(where: string, expected: string, got: string): never {
  const remedy = "The file is damaged, or is not a safetensors file.";
  throw new DataError({ where, expected, got, remedy });
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function parseEntry(where: string, name: string, value: unknown, dataBytes: number): Entry {
  const tensor = `${where}: tensor "${name}"`;
  const { dtype, shape, data_offsets: offsets } = (value ?? {}) as Record<string, unknown>;
  if (typeof dtype !== "string" || !Object.hasOwn(ELEMENT_TYPES, dtype)) {
    fail(tensor, `a dtype of ${Object.keys(ELEMENT_TYPES).join(", ")}`, JSON.stringify(dtype));
  }
  if (!Array.isArray(shape) || !shape.every(isCount)) {
    fail(tensor, "a shape of non-negative integers", JSON.stringify(shape));
  }
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isCount)) {
    fail(tensor, "data_offsets of two non-negative integers", JSON.stringify(offsets));
  }
  const [begin, end] = offsets as [number, number];
  if (begin > end || end > dataBytes) {
    fail(tensor, `data_offsets within ${dataBytes} bytes of data`, `[${begin}, ${end}]`);
  }
  // Computed in doubles: a product past 2^53 is inexact, but far larger than any file.
  const bytes = shape.reduce((n, size) => n * size, ELEMENT_TYPES[dtype].bytes);
  if (bytes !== end - begin) {
    const got = `data_offsets [${begin}, ${end}]`;
    fail(tensor, `${bytes} bytes for ${dtype} ${formatShape(shape)}`, got);
  }
  return { name, dtype, shape: shape, begin, end };
}

/** Throws unless the tensors cover the data without overlaps or gaps, as the format requires. */
function checkLayout(where: string, entries: readonly Entry[], dataBytes: number): void {
  let reached = 0;
  for (const { name, begin, end } of [...entries].sort(
    (a, b) => a.begin - b.begin || a.end - b.end,
  )) {
    if (begin !== reached) {
      const what = begin < reached ? "overlaps another tensor" : "leaves a hole before it";
      fail(`${where}: tensor "${name}"`, `data from byte ${reached}`, `${begin}, which ${what}`);
    }
    reached = end;
  }
  if (reached !== dataBytes) fail(where, `${reached} bytes of data`, String(dataBytes));
}

function readHeader(
  where: string,
  source: ByteSource,
): { entries: Entry[]; dataStart: number; metadata: Record<string, string> } {
  if (source.size < 8) fail(where, "at least 8 bytes", String(source.size));
  const prefix = source.read(0, 8);
  const length = new DataView(prefix.buffer, prefix.byteOffset, 8).getBigUint64(0, true);
  const most = Math.min(MAX_HEADER_BYTES, source.size - 8);
  if (length > BigInt(most)) fail(where, `a header of at most ${most} bytes`, String(length));
  const dataStart = 8 + Number(length);
  let header: unknown;
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(source.read(8, Number(length)));
    header = JSON.parse(text);
  } catch (cause) {
    const expected = "a header of JSON";
    throw new DataError({ where, expected, got: "something else", cause });
  }
  if (typeof header !== "object" || header === null || Array.isArray(header)) {
    fail(where, "a header that is a JSON object", JSON.stringify(header).slice(0, 40));
  }
  const dataBytes = source.size - dataStart;
  const entries = Object.entries(header)
    .filter(([name]) => name !== "__metadata__")
    .map(([name, value]) => parseEntry(where, name, value, dataBytes));
  checkLayout(where, entries, dataBytes);
  const { __metadata__: metadata = {} } = header as { __metadata__?: Record<string, string> };
  return { entries, dataStart, metadata };
}

/**
 * Reads a safetensors file. The complete header is checked before any memory is allocated for tensors,
 * so that a malicious file costs no more memory than its own size.
 *
 * @param where the file's name, for messages
 * @param source the file's bytes
 * @returns tensors by name: floats of any width as float32, integers as int32 (saturated)
 * @throws DataError naming the first tensor that does not fit
 * @example
 * const bytes = writeSafetensors(
 *   new Map([["a", { shape: [2], values: Float32Array.of(1, 2) }]]),
 * );
 * readSafetensors("demo", bytesSource(bytes)).get("a")?.shape; // [2]
 * @see https://github.com/huggingface/safetensors#format
 */
export function readSafetensors(where: string, source: ByteSource): Map<string, WeightTensor> {
  const { entries, dataStart } = readHeader(where, source);
  return new Map(
    entries.map(({ name, dtype, shape, begin, end }) => {
      const bytes = source.read(dataStart + begin, end - begin);
      const type = ELEMENT_TYPES[dtype];
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      return [name, { shape, values: type.decode(view, bytes.byteLength / type.bytes) }];
    }),
  );
}

/**
 * The free text of a safetensors file, by key.
 *
 * @throws DataError as {@link readSafetensors} does
 */
export function readSafetensorsMetadata(
  where: string,
  source: ByteSource,
): Readonly<Record<string, string>> {
  return readHeader(where, source).metadata;
}

/**
 * The bytes of a safetensors file: float32 as F32, then int32 as I32, each by name.
 *
 * @param tensors by name
 * @param metadata free text by key, kept in the header
 * @throws DataError when a tensor's values do not fill its shape
 */
export function writeSafetensors(
  tensors: WeightMap,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  const header: Record<string, unknown> = {};
  if (Object.keys(metadata).length > 0) header["__metadata__"] = metadata;
  const dtypeOf = ({ values }: WeightTensor): string =>
    values instanceof Float32Array ? "F32" : "I32";
  // The same order as the reference implementation, so that equal tensors give equal bytes.
  const rank = ([name, tensor]: [string, WeightTensor]): string => `${dtypeOf(tensor)}/${name}`;
  const sorted = [...tensors].sort((a, b) => (rank(a) < rank(b) ? -1 : 1));
  let reached = 0;
  for (const [name, tensor] of sorted) {
    const { shape, values } = tensor;
    const wanted = shape.reduce((product, size) => product * size, 1);
    if (values.length !== wanted) {
      throw new DataError({
        where: `writeSafetensors: tensor "${name}"`,
        expected: `${wanted} values for ${formatShape(shape)}`,
        got: String(values.length),
      });
    }
    const end = reached + values.byteLength;
    header[name] = { dtype: dtypeOf(tensor), shape, data_offsets: [reached, end] };
    reached = end;
  }
  // Spaces after the JSON align the data to eight bytes.
  const json = new TextEncoder().encode(JSON.stringify(header));
  const headerBytes = Math.ceil(json.length / 8) * 8;
  const file = new Uint8Array(8 + headerBytes + reached).fill(0x20, 8, 8 + headerBytes);
  new DataView(file.buffer).setBigUint64(0, BigInt(headerBytes), true);
  file.set(json, 8);
  let offset = 8 + headerBytes;
  for (const [, { values }] of sorted) {
    file.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), offset);
    offset += values.byteLength;
  }
  return file;
}
