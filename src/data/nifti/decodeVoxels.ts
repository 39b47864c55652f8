import { DataError } from "../../core/errors";
import { labelLookup } from "../labelMap";
import type { LabelMap } from "../labelMap";
import type { NiftiHeader } from "./header";

/** Whether this machine is little endian. */
const IS_LITTLE_ENDIAN = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;
/** The tolerance for labels that are not quite integers: some masks are saved as scaled floats. */
const LABEL_TOLERANCE = 0.01;

type StoredArray =
  | Uint8Array<ArrayBuffer>
  | Int8Array<ArrayBuffer>
  | Int16Array<ArrayBuffer>
  | Uint16Array<ArrayBuffer>
  | Int32Array<ArrayBuffer>
  | Uint32Array<ArrayBuffer>
  | Float32Array<ArrayBuffer>
  | Float64Array<ArrayBuffer>;

/** Swaps the bytes of each number in place if the file's byte order is not the machine's. */
function toNativeOrder(header: NiftiHeader, bytes: Uint8Array<ArrayBuffer>): void {
  const isNative = header.isLittleEndian === IS_LITTLE_ENDIAN;
  if (isNative) return;
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (header.datatype.bytes === 2) buffer.swap16();
  else if (header.datatype.bytes === 4) buffer.swap32();
  else if (header.datatype.bytes === 8) buffer.swap64();
}

/** The numbers as stored; 64-bit integers become doubles, which are exact up to 2^53. */
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

/** The most bytes that decoding holds at once: the stored voxels, temporary copies and the result. */
export function decodedBytes(
  { datatype, shape, slope, intercept }: NiftiHeader,
  kind: "image" | "labels",
): number {
  const isPlain = slope === 1 && intercept === 0;
  const isInPlace =
    kind === "image"
      ? datatype.name === "float32" && isPlain
      : datatype.name === "uint8" && isPlain;
  const copy = datatype.name.endsWith("int64") ? 8 : 0;
  const result = isInPlace ? 0 : kind === "image" ? 4 : 1;
  return shape[0] * shape[1] * shape[2] * (datatype.bytes + copy + result);
}

/**
 * The voxels as labels. Masks saved as scaled floats are not quite integers when they are read back, so
 * values within 0.01 of an integer are rounded.
 *
 * @param labels the label for each value; by default, values are labels
 * @throws DataError for the first voxel that is not an integer from 0 to 255, or not a key of `labels`
 */
export function decodeLabels(
  path: string,
  header: NiftiHeader,
  bytes: Uint8Array<ArrayBuffer>,
  labels?: LabelMap,
): Uint8Array {
  const stored = viewStored(header, bytes);
  const { slope, intercept, shape } = header;
  const labelOf = labels === undefined ? null : labelLookup(labels);
  const isPlain = slope === 1 && intercept === 0;
  if (labelOf === null && isPlain && stored instanceof Uint8Array) return stored;
  const decoded = new Uint8Array(stored.length);
  for (let i = 0; i < decoded.length; i++) {
    const value = stored[i] * slope + intercept;
    const whole = Math.round(value);
    const label = labelOf === null ? whole : labelOf(whole);
    if (label >= 0 && label <= 255 && Math.abs(value - whole) <= LABEL_TOLERANCE) {
      decoded[i] = label;
      continue;
    }
    const x = i % shape[0];
    const y = Math.floor(i / shape[0]) % shape[1];
    const z = Math.floor(i / (shape[0] * shape[1]));
    throw labelError(`${path}: voxel [${x}, ${y}, ${z}]`, value, labels);
  }
  return decoded;
}

/** The error for a voxel that is not a label. */
function labelError(where: string, value: number, labels: LabelMap | undefined): DataError {
  const isWhole = Math.abs(value - Math.round(value)) <= LABEL_TOLERANCE;
  if (isWhole && labels !== undefined) {
    return new DataError({
      where,
      expected: `one of the values ${Object.keys(labels).join(", ")}`,
      got: String(value),
      remedy: "Name every value of the mask (labels, --labels)",
    });
  }
  return new DataError({
    where,
    expected: "an integer label from 0 to 255",
    got: String(value),
    remedy: isWhole
      ? "Map the values to labels (labels, --labels)"
      : "Is this the image, or a map of probabilities, rather than its mask?",
  });
}
