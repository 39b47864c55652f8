import { endianness } from "node:os";
import { DataError } from "../core/errors";

/** A NumPy array in C order. */
export interface NpyArray {
  readonly shape: readonly number[];
  readonly data: Float64Array | Float32Array | Uint8Array;
}

/** Size in bytes and reader of each supported NumPy type. */
const TYPES: Readonly<
  Record<string, readonly [bytes: number, read: (b: Buffer, at: number) => number]>
> = {
  "|b1": [1, (b, at) => b[at]],
  "|u1": [1, (b, at) => b[at]],
  "|i1": [1, (b, at) => b.readInt8(at)],
  "<u2": [2, (b, at) => b.readUInt16LE(at)],
  "<i2": [2, (b, at) => b.readInt16LE(at)],
  "<u4": [4, (b, at) => b.readUInt32LE(at)],
  "<i4": [4, (b, at) => b.readInt32LE(at)],
  "<i8": [8, (b, at) => Number(b.readBigInt64LE(at))],
  "<u8": [8, (b, at) => Number(b.readBigUInt64LE(at))],
  "<f4": [4, (b, at) => b.readFloatLE(at)],
  "<f8": [8, (b, at) => b.readDoubleLE(at)],
};
const MAGIC = "\x93NUMPY";

/** Copies a Fortran-ordered array into C order. */
function toCOrder(data: Float64Array, shape: readonly number[]): Float64Array {
  const strides = shape.map((_, axis) => shape.slice(0, axis).reduce((a, b) => a * b, 1));
  const index = shape.map(() => 0);
  const ordered = new Float64Array(data.length);
  for (let i = 0; i < data.length; i++) {
    ordered[i] = data[index.reduce((sum, value, axis) => sum + value * strides[axis], 0)];
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      if (++index[axis] < shape[axis]) break;
      index[axis] = 0;
    }
  }
  return ordered;
}

/**
 * Reads one `.npy` array: booleans, integers and floats, C or Fortran order, little endian.
 *
 * @param where file and entry, for error messages
 * @throws DataError that names the field
 */
export function parseNpy(where: string, bytes: Buffer): NpyArray {
  const fail = (field: string, expected: string, got: string) =>
    new DataError({
      where: `${where}: ${field}`,
      expected,
      got,
      remedy: "Save the array again with numpy.savez",
    });
  if (bytes.length < 10 || bytes.toString("latin1", 0, 6) !== MAGIC) {
    throw fail("byte 0", "a NumPy array", "another kind of data");
  }
  const isLong = bytes[6] >= 2;
  if (isLong && bytes.length < 12) throw fail("byte 8", "a header length", "the end");
  const headerStart = isLong ? 12 : 10;
  const headerBytes = isLong ? bytes.readUInt32LE(8) : bytes.readUInt16LE(8);
  const start = headerStart + headerBytes;
  if (start > bytes.length) throw fail("byte 8", `a header of ${headerBytes} bytes`, "the end");
  const header = bytes.toString("latin1", headerStart, start);
  const descr = /'descr':\s*'([^']*)'/.exec(header)?.[1];
  const order = /'fortran_order':\s*(True|False)/.exec(header)?.[1];
  const sizes = /'shape':\s*\(([\d,\s]*)\)/.exec(header)?.[1];
  const type = descr === undefined ? undefined : TYPES[descr];
  if (type === undefined) {
    throw fail("descr", Object.keys(TYPES).join(", "), descr ?? "nothing");
  }
  if (sizes === undefined || order === undefined) throw fail("shape", "a tuple of sizes", header);
  const shape = sizes.split(",").flatMap((part) => (part.trim() === "" ? [] : [Number(part)]));
  const count = shape.reduce((a, b) => a * b, 1);
  const [size, read] = type;
  if (!Number.isSafeInteger(count) || start + count * size > bytes.length) {
    throw fail(
      "shape",
      `${shape.join(" x ")} numbers of ${size} bytes`,
      `${bytes.length - start} bytes`,
    );
  }
  if (order === "False" && endianness() === "LE") {
    const body = bytes.subarray(start, start + count * size);
    if (descr === "|u1" || descr === "|b1") return { shape, data: Uint8Array.from(body) };
    if (descr === "<f4") return { shape, data: new Float32Array(Uint8Array.from(body).buffer) };
  }
  const data = new Float64Array(count);
  for (let i = 0; i < count; i++) data[i] = read(bytes, start + i * size);
  return { shape, data: order === "True" ? toCOrder(data, shape) : data };
}
