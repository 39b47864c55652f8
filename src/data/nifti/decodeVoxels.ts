import { endianness } from "node:os";
import { DataError } from "../../core/errors";
import type { NiftiHeader } from "./header";

type StoredArray =
  | Uint8Array<ArrayBuffer>
  | Int8Array<ArrayBuffer>
  | Int16Array<ArrayBuffer>
  | Uint16Array<ArrayBuffer>
  | Int32Array<ArrayBuffer>
  | Uint32Array<ArrayBuffer>
  | Float32Array<ArrayBuffer>
  | Float64Array<ArrayBuffer>;

/** Turns the bytes of each number round, in place, where the file's order is not the machine's. */
function toNativeOrder(header: NiftiHeader, bytes: Uint8Array<ArrayBuffer>): void {
  const isNative = header.isLittleEndian === (endianness() === "LE");
  if (isNative) return;
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (header.datatype.bytes === 2) buffer.swap16();
  else if (header.datatype.bytes === 4) buffer.swap32();
  else if (header.datatype.bytes === 8) buffer.swap64();
}

/** The numbers as stored; 64-bit integers come as doubles (exact to 2^53). */
function viewStored(header: NiftiHeader, bytes: Uint8Array<ArrayBuffer>): StoredArray {
  toNativeOrder(header, bytes);
  const { buffer } = bytes;
  switch (header.datatype.name) {
    case "int8":
      return new Int8Array(buffer);
    case "int16":
      return new Int16Array(buffer);
    case "uint16":
      return new Uint16Array(buffer);
    case "int32":
      return new Int32Array(buffer);
    case "uint32":
      return new Uint32Array(buffer);
    case "float32":
      return new Float32Array(buffer);
    case "float64":
      return new Float64Array(buffer);
    case "int64":
      return Float64Array.from(new BigInt64Array(buffer), Number);
    case "uint64":
      return Float64Array.from(new BigUint64Array(buffer), Number);
    default:
      return bytes;
  }
}

/** `slope * stored + intercept` of each voxel, as float32. */
export function decodeVoxels(header: NiftiHeader, bytes: Uint8Array<ArrayBuffer>): Float32Array {
  const stored = viewStored(header, bytes);
  const { slope, intercept } = header;
  if (slope === 1 && intercept === 0) {
    return stored instanceof Float32Array ? stored : new Float32Array(stored);
  }
  const values = new Float32Array(stored.length);
  for (let i = 0; i < values.length; i++) values[i] = stored[i] * slope + intercept;
  return values;
}

/** The voxels as labels; throws for the first that is not a whole number from 0 to 255. */
export function decodeLabels(
  path: string,
  header: NiftiHeader,
  bytes: Uint8Array<ArrayBuffer>,
): Uint8Array {
  const stored = viewStored(header, bytes);
  const { slope, intercept, shape } = header;
  const labels = new Uint8Array(stored.length);
  for (let i = 0; i < labels.length; i++) {
    // Masks saved as floats with a slope come back a rounding error off a whole number.
    const value = stored[i] * slope + intercept;
    const label = Math.round(value);
    if (!(label >= 0 && label <= 255 && Math.abs(value - label) < 1e-3)) {
      const x = i % shape[0];
      const y = Math.floor(i / shape[0]) % shape[1];
      const z = Math.floor(i / (shape[0] * shape[1]));
      throw new DataError({
        where: `${path}: voxel [${x}, ${y}, ${z}]`,
        expected: "a label, a whole number from 0 to 255",
        got: String(value),
        remedy: "Is this the image rather than its mask?",
      });
    }
    labels[i] = label;
  }
  return labels;
}
