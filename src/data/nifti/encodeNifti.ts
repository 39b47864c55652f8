import { DataError } from "../../core/errors";
import { affineSpacing, affineToQuaternion } from "../affine";
import type { NiftiForm, Volume, VoxelArray } from "../types";
import { FIRST_VOXEL_BYTE, HEADER_BYTES, PLACEMENT, UNIT_NOTE } from "./header";

const CODES = { uint8: [2, 8], int16: [4, 16], float32: [16, 32] } as const;
const RANGES = { uint8: [0, 255], int16: [-32768, 32767] } as const;

function datatypeOf(data: VoxelArray): keyof typeof CODES {
  if (data instanceof Uint8Array) return "uint8";
  return data instanceof Int16Array ? "int16" : "float32";
}

/** The voxels in the requested type, rounded; values out of range are an error rather than wrapped. */
function convertVoxels(path: string, data: VoxelArray, datatype: keyof typeof CODES): VoxelArray {
  if (datatype === datatypeOf(data)) return data;
  if (datatype === "float32") return Float32Array.from(data);
  const [low, high] = RANGES[datatype];
  const converted =
    datatype === "uint8" ? new Uint8Array(data.length) : new Int16Array(data.length);
  for (let i = 0; i < data.length; i++) {
    const value = Math.round(data[i]);
    if (!(value >= low && value <= high)) {
      throw new DataError({
        where: `${path}: voxel ${i}`,
        expected: `a number from ${low} to ${high} (${datatype})`,
        got: String(data[i]),
        remedy: 'Write it as "float32"',
      });
    }
    converted[i] = value;
  }
  return converted;
}

/** The file's own form, if it still describes the volume. */
function originalForm({ nifti, affine, shape }: Volume<VoxelArray>): NiftiForm | null {
  if (nifti === undefined || affine.some((value, entry) => value !== nifti.affine[entry]))
    return null;
  return shape.some((size, axis) => axis >= nifti.rank && size !== 1) ? null : nifti;
}

/** The 348 bytes of the header, the four that state whether extensions follow, and the extensions. */
function encodeHeader(
  path: string,
  volume: Volume<VoxelArray>,
  datatype: keyof typeof CODES,
): Uint8Array {
  const form = originalForm(volume);
  const extensions = form?.extensions ?? new Uint8Array(0);
  const firstVoxel = FIRST_VOXEL_BYTE + extensions.length;
  const bytes = new Uint8Array(firstVoxel);
  const view = new DataView(bytes.buffer);
  const int16 = (byte: number, value: number) => view.setInt16(byte, value, true);
  const float32 = (byte: number, value: number) => view.setFloat32(byte, value, true);
  view.setInt32(0, HEADER_BYTES, true);
  view.setUint8(38, "r".charCodeAt(0)); // `regular`, which old readers check
  int16(40, form?.rank ?? 3);
  volume.shape.forEach((size, axis) => {
    if (!Number.isInteger(size) || size < 1 || size > 32767) {
      throw new DataError({
        where: `${path}: shape[${axis}]`,
        expected: "a size from 1 to 32767, all that NIfTI-1 can hold",
        got: String(size),
      });
    }
    int16(42 + 2 * axis, size);
  });
  for (let axis = 4; axis <= 7; axis++) int16(40 + 2 * axis, 1);
  const [code, bits] = CODES[datatype];
  int16(70, code);
  int16(72, bits);
  for (let axis = 4; axis <= 7; axis++) float32(76 + 4 * axis, 1);
  float32(108, firstVoxel);
  float32(112, 1); // scl_slope
  view.setUint8(123, form?.xyztUnits ?? 2); // 2: millimetres
  const description = `layerbook ${UNIT_NOTE}${volume.unit}`;
  for (let i = 0; i < description.length; i++) view.setUint8(148 + i, description.charCodeAt(i));
  if (form === null) encodeForms(view, volume);
  else {
    let from = 0;
    for (const { first, last } of PLACEMENT) {
      bytes.set(form.placement.subarray(from, from + last - first), first);
      from += last - first;
    }
  }
  if (extensions.length > 0) view.setUint8(348, 1);
  bytes.set(extensions, FIRST_VOXEL_BYTE);
  bytes.set([0x6e, 0x2b, 0x31, 0], 344); // "n+1"
  return bytes;
}

/** The affine as sform and, unless it is sheared, as qform; both with code 1, the scanner's space. */
function encodeForms(view: DataView, { affine }: Volume<VoxelArray>): void {
  const float32 = (byte: number, value: number) => view.setFloat32(byte, value, true);
  const rotation = affineToQuaternion(affine);
  float32(76, rotation?.qfac ?? 1);
  affineSpacing(affine).forEach((size, axis) => float32(80 + 4 * axis, size));
  if (rotation !== null) {
    view.setInt16(252, 1, true);
    rotation.quaternion.forEach((value, i) => float32(256 + 4 * i, value));
    [3, 7, 11].forEach((entry, i) => float32(268 + 4 * i, affine[entry]));
  }
  view.setInt16(254, 1, true);
  for (let entry = 0; entry < 12; entry++) float32(280 + 4 * entry, affine[entry]);
}

/**
 * The bytes of an uncompressed `.nii` file.
 *
 * @param path for error messages
 * @param options.datatype how voxels are stored, by default as they are in memory; `"int16"` and `"uint8"`
 *   round, and throw on values out of range
 * @throws DataError if the data do not fill the shape, or values are out of range
 * @see `writeNifti` for what is kept of the file that a volume came from
 */
export function encodeNifti(
  path: string,
  volume: Volume<VoxelArray>,
  options: { readonly datatype?: "float32" | "int16" | "uint8" } = {},
): Uint8Array<ArrayBuffer> {
  const voxels = volume.shape[0] * volume.shape[1] * volume.shape[2];
  if (voxels !== volume.data.length) {
    throw new DataError({
      where: `${path}: data`,
      expected: `${volume.shape.join(" x ")} = ${voxels} voxels`,
      got: String(volume.data.length),
    });
  }
  const { datatype = datatypeOf(volume.data) } = options;
  const data = convertVoxels(path, volume.data, datatype);
  const header = encodeHeader(path, volume, datatype);
  const file = new Uint8Array(header.length + data.byteLength);
  file.set(header);
  file.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), header.length);
  return file;
}
