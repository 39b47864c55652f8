import { DataError } from "../core/errors";

/** A tensor's values outside TensorFlow. */
export interface HostTensor {
  readonly shape: readonly number[];
  readonly values: Float32Array | Int32Array;
}

/** Tensors by name, in order. */
export type HostTensors = ReadonlyMap<string, HostTensor>;

const LENGTH_BYTES = 8;
const MAX_HEADER_BYTES = 100_000_000;

/**
 * Tensors and text as one safetensors file, which Python's `safetensors` reads too.
 *
 * @param metadata text by name, kept in the header
 */
export function encodeTensorFile(
  tensors: HostTensors,
  metadata: Readonly<Record<string, string>>,
): Uint8Array {
  const header: Record<string, unknown> = { __metadata__: metadata };
  let end = 0;
  for (const [name, { shape, values }] of tensors) {
    const start = end;
    end += values.byteLength;
    const dtype = values instanceof Int32Array ? "I32" : "F32";
    header[name] = { dtype, shape, data_offsets: [start, end] };
  }
  let text = JSON.stringify(header);
  text += " ".repeat((8 - (Buffer.byteLength(text) % 8)) % 8);
  const headerBytes = Buffer.byteLength(text);
  const bytes = Buffer.alloc(LENGTH_BYTES + headerBytes + end);
  bytes.writeBigUInt64LE(BigInt(headerBytes), 0);
  bytes.write(text, LENGTH_BYTES);
  let offset = LENGTH_BYTES + headerBytes;
  for (const { values } of tensors.values()) {
    bytes.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), offset);
    offset += values.byteLength;
  }
  return bytes;
}

/**
 * What {@link encodeTensorFile} wrote.
 *
 * @param where the file's name, for messages
 * @throws DataError when the bytes are not such a file, before anything is allocated
 */
export function decodeTensorFile(
  where: string,
  bytes: Uint8Array,
): { readonly tensors: HostTensors; readonly metadata: Readonly<Record<string, string>> } {
  const refuse = (expected: string, got: string): DataError =>
    new DataError({ where, expected, got, remedy: "Remove the file and start anew." });
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (buffer.length < LENGTH_BYTES) throw refuse("a safetensors file", `${buffer.length} bytes`);
  const headerBytes = Number(buffer.readBigUInt64LE(0));
  const dataStart = LENGTH_BYTES + headerBytes;
  if (headerBytes > MAX_HEADER_BYTES || dataStart > buffer.length) {
    throw refuse(`a header within ${buffer.length} bytes`, `one of ${headerBytes} bytes`);
  }
  let header: Record<string, unknown>;
  try {
    header = JSON.parse(buffer.toString("utf8", LENGTH_BYTES, dataStart)) as typeof header;
  } catch {
    throw refuse("a header of JSON", "other text");
  }
  const tensors = new Map<string, HostTensor>();
  let expectedStart = 0;
  for (const [name, entry] of Object.entries(header)) {
    if (name === "__metadata__") continue;
    const {
      dtype,
      shape,
      data_offsets: range,
    } = entry as {
      dtype: string;
      shape: number[];
      data_offsets: [number, number];
    };
    const isKnown = dtype === "F32" || dtype === "I32";
    const size = Array.isArray(shape) ? shape.reduce((product, side) => product * side, 4) : NaN;
    const fits = Array.isArray(range) && range[0] === expectedStart && range[1] - range[0] === size;
    if (!isKnown || !fits || dataStart + range[1] > buffer.length) {
      throw refuse(`tensor "${name}" as F32 or I32 within the file`, JSON.stringify(entry));
    }
    expectedStart = range[1];
    // A copy of its own: aligned, and not holding the whole file in memory.
    const copy = Uint8Array.from(
      buffer.subarray(dataStart + range[0], dataStart + range[1]),
    ).buffer;
    tensors.set(name, {
      shape,
      values: dtype === "F32" ? new Float32Array(copy) : new Int32Array(copy),
    });
  }
  if (dataStart + expectedStart !== buffer.length) {
    throw refuse(`${dataStart + expectedStart} bytes`, `${buffer.length} bytes`);
  }
  return { tensors, metadata: (header["__metadata__"] ?? {}) as Record<string, string> };
}
