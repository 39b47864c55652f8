import { NIFTI1 } from "nifti-reader-js";
import { DataError } from "../../core/errors";
import { affineSpacing, quaternionToAffine } from "../affine";
import type { Affine, IntensityUnit, NiftiForm } from "../types";
import { formDifference } from "./placementIssue";
import type { PlacementIssue } from "./placementIssue";

/** Bytes of a NIfTI-1 header, and where voxels start if there are no extensions. */
export const HEADER_BYTES = 348;
export const FIRST_VOXEL_BYTE = 352;
/** The header's voxel sizes, and its two forms with their codes: what {@link NiftiForm} keeps. */
export const PLACEMENT = [
  { first: 76, last: 92 },
  { first: 252, last: 328 },
] as const;
/** How `writeNifti` records the unit in the header's description. */
export const UNIT_NOTE = "unit=";

/** How a datatype is stored. */
export interface Datatype {
  readonly code: number;
  readonly name: string;
  readonly bytes: 1 | 2 | 4 | 8;
}

const DATATYPES: readonly Datatype[] = [
  { code: NIFTI1.TYPE_UINT8, name: "uint8", bytes: 1 },
  { code: NIFTI1.TYPE_INT8, name: "int8", bytes: 1 },
  { code: NIFTI1.TYPE_INT16, name: "int16", bytes: 2 },
  { code: NIFTI1.TYPE_UINT16, name: "uint16", bytes: 2 },
  { code: NIFTI1.TYPE_INT32, name: "int32", bytes: 4 },
  { code: NIFTI1.TYPE_UINT32, name: "uint32", bytes: 4 },
  { code: NIFTI1.TYPE_FLOAT32, name: "float32", bytes: 4 },
  { code: NIFTI1.TYPE_FLOAT64, name: "float64", bytes: 8 },
  { code: NIFTI1.TYPE_INT64, name: "int64", bytes: 8 },
  { code: NIFTI1.TYPE_UINT64, name: "uint64", bytes: 8 },
];

/** The contents of a checked header. */
export interface NiftiHeader {
  readonly shape: readonly [number, number, number];
  readonly datatype: Datatype;
  readonly isLittleEndian: boolean;
  /** Byte of the first voxel. */
  readonly voxelOffset: number;
  readonly voxelBytes: number;
  /** `value = slope * stored + intercept`. */
  readonly slope: number;
  readonly intercept: number;
  readonly affine: Affine;
  readonly spacingMm: readonly [number, number, number];
  /** The unit recorded in the description; `null` in files written by other programs. */
  readonly notedUnit: IntensityUnit | null;
  readonly placementIssue: PlacementIssue | null;
  /** Without the extensions, which follow the header. */
  readonly form: NiftiForm;
}

/** The error for a header field: its name and byte, and its expected and actual value. */
function fieldError(
  path: string,
  field: string,
  byte: number,
  expected: string,
  got: string,
  remedy = "The header is damaged or not NIfTI: fetch or convert the file again",
): DataError {
  return new DataError({ where: `${path}: ${field} (byte ${byte})`, expected, got, remedy });
}

/** The byte order of the first field; throws if neither order makes sense of it. */
function readEndianness(path: string, view: DataView): boolean {
  const little = view.getInt32(0, true);
  const big = view.getInt32(0, false);
  if (little === HEADER_BYTES) return true;
  if (big === HEADER_BYTES) return false;
  if (little === 540 || big === 540) {
    throw fieldError(
      path,
      "sizeof_hdr",
      0,
      "348 (NIfTI-1)",
      "540 (NIfTI-2)",
      "Convert it to NIfTI-1, for example with nibabel's Nifti1Image.from_image",
    );
  }
  throw fieldError(
    path,
    "sizeof_hdr",
    0,
    "348",
    String(little),
    "This is not a NIfTI file: give a .nii or .nii.gz",
  );
}

/** `[x, y, z]` from `dim`; trailing axes of length 1 are dropped. */
function readShape(path: string, dims: readonly number[]): [number, number, number] {
  const rank = dims[0];
  if (rank < 1 || rank > 7) throw fieldError(path, "dim[0]", 40, "1 to 7 axes", String(rank));
  for (let axis = 1; axis <= rank; axis++) {
    if (dims[axis] < 1) {
      throw fieldError(path, `dim[${axis}]`, 40 + 2 * axis, "a positive size", String(dims[axis]));
    }
    if (axis > 3 && dims[axis] !== 1) {
      throw fieldError(
        path,
        `dim[${axis}]`,
        40 + 2 * axis,
        "a 2D or 3D image",
        `${rank} axes: ${dims.slice(1, rank + 1).join(" x ")}`,
        "Write the one volume you mean to a file of its own",
      );
    }
  }
  return [dims[1], rank > 1 ? dims[2] : 1, rank > 2 ? dims[3] : 1];
}

/** Slope and intercept; a slope of 0 or NaN means no scaling, as in `nifti1.h` and nibabel. */
function readScaling(path: string, header: NIFTI1): { slope: number; intercept: number } {
  const { scl_slope: slope, scl_inter: intercept } = header;
  if (slope === 0 || !Number.isFinite(slope)) return { slope: 1, intercept: 0 };
  if (!Number.isFinite(intercept)) {
    throw fieldError(path, "scl_inter", 116, "a finite number", String(intercept));
  }
  return { slope, intercept };
}

/** Voxel sizes; an axis of length 1 may have none. */
function voxelSizes(header: NIFTI1, shape: readonly number[]): number[] {
  return [1, 2, 3].map((axis) => {
    const size = Math.abs(header.pixDims[axis]);
    return axis > 1 && shape[axis - 1] === 1 && !(size > 0) ? 1 : size;
  });
}

/** The three rows of the sform. */
function sformAffine(view: DataView, isLittleEndian: boolean): Affine {
  const row = (first: number) =>
    [0, 1, 2, 3].map((col) => view.getFloat32(first + 4 * col, isLittleEndian));
  return [row(280), row(296), row(312), [0, 0, 0, 1]].flat();
}

/** The qform's affine; `null` if its quaternion is invalid. */
function qformAffine(header: NIFTI1, sizes: readonly number[]): Affine | null {
  const { quatern_b: b, quatern_c: c, quatern_d: d } = header;
  if (!(b * b + c * c + d * d <= 1 + 1e-4)) return null;
  return quaternionToAffine(
    [b, c, d],
    [header.pixDims[0], sizes[0], sizes[1], sizes[2]],
    [header.qoffset_x, header.qoffset_y, header.qoffset_z],
  );
}

/** The affine: the sform, else the qform, else one made of the voxel sizes, as in nibabel. */
function readAffine(
  path: string,
  header: NIFTI1,
  view: DataView,
  isLittleEndian: boolean,
  shape: readonly number[],
): Affine {
  const sizes = voxelSizes(header, shape);
  let affine: Affine;
  let field: readonly [name: string, byte: number];
  if (header.sform_code > 0) {
    affine = sformAffine(view, isLittleEndian);
    field = ["srow_x", 280];
  } else {
    sizes.forEach((size, axis) => {
      if (!(size > 0 && Number.isFinite(size))) {
        throw fieldError(
          path,
          `pixdim[${axis + 1}]`,
          80 + 4 * axis,
          "a voxel size above 0 mm",
          String(header.pixDims[axis + 1]),
        );
      }
    });
    if (header.qform_code > 0) {
      const rotated = qformAffine(header, sizes);
      if (rotated === null) {
        const { quatern_b: b, quatern_c: c, quatern_d: d } = header;
        throw fieldError(path, "quatern_b", 256, "a unit quaternion", [b, c, d].join(", "));
      }
      affine = rotated;
      field = ["qoffset_x", 268];
    } else {
      const middle = (axis: number) => (sizes[axis] * (shape[axis] - 1)) / 2;
      affine = [
        [-sizes[0], 0, 0, middle(0)],
        [0, sizes[1], 0, -middle(1)],
        [0, 0, sizes[2], -middle(2)],
        [0, 0, 0, 1],
      ].flat();
      field = ["pixdim", 76];
    }
  }
  const hasExtent = affineSpacing(affine).every((size) => size > 0);
  if (!affine.every(Number.isFinite) || !hasExtent) {
    throw fieldError(path, field[0], field[1], "a finite, invertible affine", affine.join(" "));
  }
  return affine;
}

/** What is ambiguous about the placement; `mm` is the header's unit of length in millimetres. */
function readPlacementIssue(
  header: NIFTI1,
  shape: readonly [number, number, number],
  sform: Affine,
  mm: number,
): PlacementIssue | null {
  if (header.sform_code <= 0) return header.qform_code > 0 ? null : { kind: "unplaced" };
  const sizes = voxelSizes(header, shape);
  if (header.qform_code > 0) {
    const qform = qformAffine(header, sizes);
    if (qform === null || !qform.every(Number.isFinite)) return null;
    const difference = formDifference(shape, affineSpacing(sform), sform, qform);
    return difference === null ? null : { kind: "formsDiffer", mm: difference * mm };
  }
  const [stated, spacing] = [sizes, affineSpacing(sform)].map((all) =>
    all.map((size) => size * mm),
  );
  const isOff = stated.some((size, axis) => size > 0 && Math.abs(size / spacing[axis] - 1) > 0.01);
  return isOff ? { kind: "voxelSizes", stated, spacing } : null;
}

/** The header's unit of length in millimetres; files that do not state one are in millimetres. */
function millimetresOf(xyztUnits: number): number {
  const unit = xyztUnits & 7;
  return unit === 1 ? 1000 : unit === 3 ? 1e-3 : 1;
}

/** The fields of {@link PLACEMENT}, little endian. */
function readPlacement(head: Uint8Array, isLittleEndian: boolean): Uint8Array {
  const parts = PLACEMENT.map(({ first, last }) => Buffer.from(head.slice(first, last)));
  if (!isLittleEndian) {
    parts[0].swap32();
    parts[1].subarray(0, 4).swap16();
    parts[1].subarray(4).swap32();
  }
  return new Uint8Array(Buffer.concat(parts));
}

/** A text field's bytes, up to the first zero. */
function readText(view: DataView, first: number, last: number): string {
  let text = "";
  for (let byte = first; byte < last && view.getUint8(byte) !== 0; byte++) {
    text += String.fromCharCode(view.getUint8(byte));
  }
  return text;
}

/** The unit that {@link UNIT_NOTE} in the description names, if it is a known one. */
function readNotedUnit(description: string): IntensityUnit | null {
  const noted = /unit=([\w-]+)/.exec(description)?.[1];
  const units: readonly IntensityUnit[] = ["HU", "pseudo-HU", "grey8", "normalised"];
  return units.find((unit) => unit === noted) ?? null;
}

/**
 * Reads a NIfTI-1 header and checks every field that later code relies on.
 *
 * nifti-reader-js finds the fields. It receives only these 348 bytes, so that its loops over
 * extensions always end.
 *
 * @param path for error messages
 * @param bytes at least the first 348 bytes of the uncompressed file
 * @throws DataError that names the field and its byte
 */
export function parseNiftiHeader(path: string, bytes: Uint8Array): NiftiHeader {
  if (bytes.length < HEADER_BYTES) {
    throw new DataError({
      where: path,
      expected: `a NIfTI header of ${HEADER_BYTES} bytes`,
      got: `${bytes.length} bytes`,
      remedy: "The file is cut short or empty: fetch it again",
    });
  }
  const head = bytes.slice(0, HEADER_BYTES);
  const view = new DataView(head.buffer);
  const isLittleEndian = readEndianness(path, view);
  const magic = readText(view, 344, 348);
  if (magic === "ni1") {
    throw fieldError(
      path,
      "magic",
      344,
      '"n+1" (header and voxels in one file)',
      '"ni1" (a pair of .hdr and .img)',
      "Convert the pair to one .nii file",
    );
  }
  if (magic !== "n+1") {
    throw fieldError(path, "magic", 344, '"n+1"', JSON.stringify(magic));
  }
  const header = new NIFTI1();
  header.readHeader(head.buffer);
  const shape = readShape(path, header.dims);
  const datatype = DATATYPES.find(({ code }) => code === header.datatypeCode);
  if (datatype === undefined) {
    throw fieldError(
      path,
      "datatype",
      70,
      DATATYPES.map(({ name }) => name).join(", "),
      `code ${header.datatypeCode}`,
      "Save the image as int16 or float32",
    );
  }
  const voxelBytes = shape[0] * shape[1] * shape[2] * datatype.bytes;
  const voxelOffset = header.vox_offset === 0 ? FIRST_VOXEL_BYTE : header.vox_offset;
  if (!Number.isInteger(voxelOffset) || voxelOffset < FIRST_VOXEL_BYTE || voxelOffset > 2 ** 31) {
    throw fieldError(
      path,
      "vox_offset",
      108,
      `a whole number of bytes from ${FIRST_VOXEL_BYTE} on`,
      String(header.vox_offset),
    );
  }
  const xyztUnits = view.getUint8(123);
  const mm = millimetresOf(xyztUnits);
  const placed = readAffine(path, header, view, isLittleEndian, shape);
  const affine = placed.map((value, entry) => (entry < 12 ? value * mm : value));
  return {
    shape,
    datatype,
    isLittleEndian,
    voxelOffset,
    voxelBytes,
    ...readScaling(path, header),
    affine,
    spacingMm: affineSpacing(affine),
    notedUnit: readNotedUnit(readText(view, 148, 228)),
    placementIssue: readPlacementIssue(header, shape, placed, mm),
    form: {
      // Further axes of length 1 are dropped.
      rank: Math.min(header.dims[0], 3),
      sformCode: header.sform_code,
      qformCode: header.qform_code,
      xyztUnits,
      placement: readPlacement(head, isLittleEndian),
      affine,
      extensions: new Uint8Array(0),
    },
  };
}
