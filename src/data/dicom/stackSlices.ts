import { DataError } from "../../core/errors";
import { affineSpacing } from "../affine";
import type { Affine, Volume } from "../types";
import type { DicomSlice } from "./dicomSlice";
import type { Field } from "./fields";
import { Fields, keywordOf } from "./fields";

/** Slices closer than this, in mm, are at the same position. */
const SAME_PLACE_MM = 1e-3;
/** How much the distance between slices may vary, as a share of it. */
const GAP_TOLERANCE = 0.05;
const PLACE_FIELDS = ["rows", "columns", "orientation", "spacing"] as const;
/** Elements that distinguish the volumes of a 4D series, the most specific first. */
const TIME_FIELDS: readonly Field[] = [
  "temporalPosition",
  "echoTime",
  "diffusionB",
  "triggerTime",
  "acquisitionNumber",
  "acquisitionTime",
  "instanceNumber",
];

type Vector = readonly number[];

const dot = (a: Vector, b: Vector): number => a.reduce((sum, value, i) => sum + value * b[i], 0);

/** The direction from slice to slice if the stack is upright. */
function normalOf(orientation: Vector): Vector {
  const [c, r] = [orientation.slice(0, 3), orientation.slice(3, 6)];
  return [c[1] * r[2] - c[2] * r[1], c[2] * r[0] - c[0] * r[2], c[0] * r[1] - c[1] * r[0]];
}

/** Rejects slices on different grids; names the first file that differs. */
function checkAlike(slices: readonly DicomSlice[]): void {
  for (const slice of slices) {
    for (const field of PLACE_FIELDS) {
      const [wanted, got] = [slices[0][field], slice[field]].map((value) => [value].flat());
      if (wanted.every((value, i) => Math.abs(value - got[i]) < 1e-3)) continue;
      throw new DataError({
        where: `${slice.path}: ${field}`,
        expected: `${wanted.join(", ")}, as in ${slices[0].path}`,
        got: got.join(", "),
        remedy: "Remove it from the folder (is it a scout view?)",
      });
    }
  }
}

/** Whether two files are the same picture. */
function isCopy(a: DicomSlice, b: DicomSlice): boolean {
  const [one, other] = [new Fields(a.elements), new Fields(b.elements)];
  const uid = one.text("sopInstance");
  if (uid !== "" && uid === other.text("sopInstance")) return true;
  const pixels = ({ elements }: DicomSlice) =>
    elements.fragments ?? [elements.values.get("7fe00010") ?? Buffer.alloc(0)];
  const [first, second] = [pixels(a), pixels(b)];
  return first.length === second.length && first.every((part, i) => part.equals(second[i]));
}

/** Several slices at one position: copies, or the volumes of a 4D series. */
function sharedPlaceError(source: string, places: readonly (readonly DicomSlice[])[]): DataError {
  const shared = places.find((place) => place.length > 1) ?? places[0];
  const [first, second] = shared;
  const expected = "one slice at each place";
  if (isCopy(first, second)) {
    const copies = places.reduce((sum, place) => sum + place.length - 1, 0);
    return new DataError({
      where: second.path,
      expected,
      got: `a copy of ${first.path}, and ${copies} ${copies === 1 ? "copy" : "copies"} in all`,
      remedy: "Remove the duplicate slices",
    });
  }
  const count = shared.length;
  const isWhole = places.every((place) => place.length === count);
  const valuesOf = (field: Field) => [
    ...new Set(shared.map(({ elements }) => new Fields(elements).text(field).trim())),
  ];
  const differing = TIME_FIELDS.find((field) => valuesOf(field).length === count);
  const by =
    differing === undefined
      ? ""
      : `, which differ in ${keywordOf(differing)} (${valuesOf(differing).slice(0, 4).join(", ")})`;
  if (!isWhole) {
    return new DataError({
      where: second.path,
      expected,
      got: `${count} at that of ${first.path}${by}`,
      remedy: "Remove all but one from the folder",
    });
  }
  return new DataError({
    where: source,
    expected,
    got: `${count} at each of ${places.length}${by}: a time series or several measurements (4D)`,
    remedy: "Put the files of each volume into a folder of its own",
  });
}

/** A gap unlike the others: a slice is missing, or distances are uneven. */
function gapError(before: DicomSlice, after: DicomSlice, typical: number, gap: number): DataError {
  const missing = Math.round(gap / typical) - 1;
  const isWhole = missing >= 1 && Math.abs(gap / typical - missing - 1) <= GAP_TOLERANCE;
  return new DataError({
    where: after.path,
    expected: `a slice ${typical.toFixed(3)} mm after ${before.path}`,
    got: `one after ${gap.toFixed(3)} mm`,
    remedy: isWhole
      ? `${missing === 1 ? "A slice is" : `${missing} slices are`} missing: export the series again`
      : "The distances are uneven: resample the series evenly, or export one with even distances",
  });
}

/** Slices in order of position, and the common step between them: along the normal, or sheared by gantry tilt. */
function sortSlices(
  source: string,
  slices: readonly DicomSlice[],
  normal: Vector,
): { readonly sorted: readonly DicomSlice[]; readonly step: Vector } {
  const heightOf = ({ position }: DicomSlice) => dot(position, normal);
  const sorted = [...slices].sort((a, b) => heightOf(a) - heightOf(b));
  const places: DicomSlice[][] = [];
  for (const slice of sorted) {
    const last = places.at(-1);
    if (last === undefined || heightOf(slice) - heightOf(last[0]) > SAME_PLACE_MM) {
      places.push([slice]);
    } else {
      last.push(slice);
    }
  }
  if (places.length < sorted.length) throw sharedPlaceError(source, places);
  if (sorted.length === 1) {
    const thickness = sorted[0].thickness || 1;
    return { sorted, step: normal.map((value) => value * thickness) };
  }
  const gaps = sorted.slice(1).map((slice, i) => heightOf(slice) - heightOf(sorted[i]));
  // The lower median, which a missing slice does not change.
  const typical = [...gaps].sort((x, y) => x - y)[Math.floor((gaps.length - 1) / 2)];
  gaps.forEach((gap, i) => {
    if (Math.abs(gap - typical) <= GAP_TOLERANCE * typical) return;
    throw gapError(sorted[i], sorted[i + 1], typical, gap);
  });
  const first = sorted[0].position;
  const last = sorted[sorted.length - 1].position;
  const step = first.map((value, axis) => (last[axis] - value) / (sorted.length - 1));
  sorted.forEach(({ path, position }, index) => {
    const away = Math.hypot(...position.map((mm, axis) => mm - first[axis] - index * step[axis]));
    if (away <= Math.max(GAP_TOLERANCE * typical, 0.01)) return;
    throw new DataError({
      where: path,
      expected: `a slice in line between ${sorted[0].path} and the last`,
      got: `one ${away.toFixed(3)} mm beside it`,
      remedy: "These slices do not lie on one grid: resample the series, or export an even one",
    });
  });
  return { sorted, step };
}

/** A consistent stack of slices, not yet decoded. */
export interface SliceStack {
  /** In order of position along the volume's third axis. */
  readonly slices: readonly DicomSlice[];
  readonly shape: readonly [columns: number, rows: number, slices: number];
  readonly affine: Affine;
}

/**
 * Puts slices in order and on one grid. Gantry tilt stays in the affine as a shear.
 *
 * @throws DataError for slices on different grids, missing or duplicated ones, 4D, or uneven distances
 */
export function stackSlices(source: string, slices: readonly DicomSlice[]): SliceStack {
  checkAlike(slices);
  const { rows, columns, orientation, spacing } = slices[0];
  const { sorted, step } = sortSlices(source, slices, normalOf(orientation));
  const origin = sorted[0].position;
  // DICOM's axes run to the left and the back; ours to the right and the front.
  const affine = [-1, -1, 1].flatMap((sign, axis) =>
    [
      orientation[axis] * spacing[1],
      orientation[3 + axis] * spacing[0],
      step[axis],
      origin[axis],
    ].map((value) => sign * value),
  );
  return {
    slices: sorted,
    shape: [columns, rows, sorted.length],
    affine: [...affine, 0, 0, 0, 1],
  };
}

/**
 * Decodes a stack's pixels.
 *
 * @throws DataError for a volume above the limit, or pixels that cannot be decoded
 */
export async function decodeStack(
  source: string,
  { slices, shape, affine }: SliceStack,
  maxBytes: number,
): Promise<Volume> {
  const [columns, rows, depth] = shape;
  const bytes = 4 * rows * columns * depth;
  if (bytes > maxBytes) {
    throw new DataError({
      where: source,
      expected: `at most ${maxBytes} bytes of voxels`,
      got: `${bytes} (${columns} x ${rows} x ${depth})`,
      remedy: "Crop or resample the series, or raise maxBytes",
    });
  }
  const other = slices.find(({ unit }) => unit !== slices[0].unit);
  if (other !== undefined) {
    throw new DataError({
      where: other.path,
      expected: `values in one unit, ${slices[0].unit} as in ${slices[0].path}`,
      got: other.unit,
      remedy: "Remove it from the folder",
    });
  }
  const data = new Float32Array(rows * columns * depth);
  for (const [index, slice] of slices.entries()) {
    data.set(await slice.decode(), index * rows * columns);
  }
  const spacingMm = affineSpacing(affine);
  return { shape, data, affine, spacingMm, unit: slices[0].unit, source };
}
