import { open } from "node:fs/promises";
import { join } from "node:path";
import { DataError } from "../../core/errors";
import { affineSpacing } from "../affine";
import { listFolder, pathKind, readWholeFile } from "../../files/readFiles";
import type { Affine, Volume } from "../types";
import type { DicomSlice } from "./dicomSlice";
import { readDicomSlice } from "./dicomSlice";
import { isDicom } from "./parseDicom";

/** What {@link readDicomSeries} may be told. */
export interface ReadDicomOptions {
  /** Which series, by its SeriesInstanceUID; needed where the folder holds several. */
  readonly series?: string;
  /** The largest volume to take in, as float32; default 4 GiB. */
  readonly maxBytes?: number;
}

const DEFAULT_MAX_BYTES = 4 * 2 ** 30;
/** How much the distance between slices may vary before a slice counts as missing. */
const GAP_TOLERANCE = 0.05;

/** Whether a file begins as DICOM does. */
export async function isDicomFile(path: string): Promise<boolean> {
  if ((await pathKind(path)) !== "file") return false;
  const file = await open(path, "r");
  try {
    const start = Buffer.alloc(132);
    const { bytesRead } = await file.read(start, 0, 132, 0);
    return isDicom(start.subarray(0, bytesRead));
  } finally {
    await file.close();
  }
}

/** The slices of one series; asks which where there are several. */
function chooseSeries(folder: string, slices: readonly DicomSlice[], series?: string) {
  const bySeries = new Map<string, DicomSlice[]>();
  for (const slice of slices) {
    bySeries.set(slice.series, [...(bySeries.get(slice.series) ?? []), slice]);
  }
  const list = [...bySeries]
    .map(([uid, own]) => `${uid} (${own[0].description || "no description"}, ${own.length} slices)`)
    .join("; ");
  const chosen = series === undefined ? [...bySeries.values()] : [bySeries.get(series) ?? []];
  if (chosen.length !== 1 || chosen[0].length === 0) {
    throw new DataError({
      where: folder,
      expected: series === undefined ? "one series" : `the series ${series}`,
      got: `${bySeries.size} series: ${list}`,
      remedy: "Say which one: series: its number",
    });
  }
  return chosen[0];
}

const PLACE_FIELDS = ["rows", "columns", "orientation", "spacing"] as const;

/** All slices must share one grid; names the first file that does not. */
function checkAlike(slices: readonly DicomSlice[]): void {
  for (const slice of slices) {
    for (const field of PLACE_FIELDS) {
      const [wanted, got] = [slices[0][field], slice[field]].map((value) => [value].flat());
      if (wanted.every((value, i) => Math.abs(value - got[i]) < 1e-3)) continue;
      throw new DataError({
        where: `${slice.path}: ${field}`,
        expected: `${wanted.join(", ")}, as in ${slices[0].path}`,
        got: got.join(", "),
        remedy: "Take it out of the folder (is it a scout view?)",
      });
    }
  }
}

/** Slices by their place along the normal, with the one distance between them. */
function sortSlices(slices: readonly DicomSlice[], normal: readonly number[]) {
  const heightOf = ({ position }: DicomSlice) =>
    position.reduce((sum, value, axis) => sum + value * normal[axis], 0);
  const sorted = [...slices].sort((a, b) => heightOf(a) - heightOf(b));
  if (sorted.length === 1) return { sorted, step: sorted[0].thickness || 1 };
  const gaps = sorted.slice(1).map((slice, i) => heightOf(slice) - heightOf(sorted[i]));
  // The lower median: neither a slice that is missing nor one that is there twice moves it.
  const typical = [...gaps].sort((x, y) => x - y)[Math.floor((gaps.length - 1) / 2)];
  gaps.forEach((gap, i) => {
    if (gap > 1e-3 && Math.abs(gap - typical) <= GAP_TOLERANCE * typical) return;
    throw new DataError({
      where: sorted[i + 1].path,
      expected: `a slice ${typical.toFixed(3)} mm after ${sorted[i].path}`,
      got: `one after ${gap.toFixed(3)} mm`,
      remedy:
        gap < typical / 2 || gap <= 1e-3
          ? "Remove the slice that is there twice"
          : "A slice is missing: export again",
    });
  });
  return { sorted, step: gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length };
}

/** Stacks the slices of a series into a volume. */
function stackSlices(source: string, slices: readonly DicomSlice[], maxBytes: number): Volume {
  checkAlike(slices);
  const { rows, columns, orientation, spacing } = slices[0];
  const [c, r] = [orientation.slice(0, 3), orientation.slice(3, 6)];
  const normal = [c[1] * r[2] - c[2] * r[1], c[2] * r[0] - c[0] * r[2], c[0] * r[1] - c[1] * r[0]];
  const { sorted, step } = sortSlices(slices, normal);
  const bytes = 4 * rows * columns * sorted.length;
  if (bytes > maxBytes) {
    throw new DataError({
      where: source,
      expected: `at most ${maxBytes} bytes of voxels`,
      got: `${bytes} (${columns} x ${rows} x ${sorted.length})`,
      remedy: "Crop or resample the series, or raise maxBytes",
    });
  }
  const data = new Float32Array(rows * columns * sorted.length);
  sorted.forEach((slice, index) => data.set(slice.decode(), index * rows * columns));
  const origin = sorted[0].position;
  // DICOM's axes run to the left and the back; ours to the right and the front.
  const affine: Affine = [-1, -1, 1].flatMap((sign, axis) =>
    [c[axis] * spacing[1], r[axis] * spacing[0], normal[axis] * step, origin[axis]].map(
      (value) => sign * value,
    ),
  );
  const whole = [...affine, 0, 0, 0, 1];
  return {
    shape: [columns, rows, sorted.length],
    data,
    affine: whole,
    spacingMm: affineSpacing(whole),
    unit: "HU",
    source,
  };
}

/**
 * Reads a DICOM series: the files of a folder in any order and under any names, sorted by their place
 * in the patient, with slope and intercept applied. Files that are not DICOM are passed over.
 *
 * Pixels may be plain (implicit or explicit, either byte order), deflated or run-length encoded.
 *
 * @param path a folder, or one file
 * @throws DataError for no DICOM file, several series (it lists them), slices that are missing, twice
 *   or of another grid, compressions that it does not unpack
 */
export async function readDicomSeries(
  path: string,
  options: ReadDicomOptions = {},
): Promise<Volume> {
  const isFile = (await pathKind(path)) === "file";
  const files = isFile ? [path] : (await listFolder(path)).map((name) => join(path, name));
  const slices: DicomSlice[] = [];
  for (const file of files) {
    if (!isFile && !(await isDicomFile(file))) continue;
    slices.push(readDicomSlice(file, await readWholeFile(file, "a DICOM file")));
  }
  if (slices.length === 0) {
    throw new DataError({
      where: path,
      expected: "a folder of DICOM files",
      got: files.length === 0 ? "an empty folder" : `${files.length} other files`,
      remedy: "Name the folder of the series itself",
    });
  }
  const chosen = chooseSeries(path, slices, options.series);
  return stackSlices(path, chosen, options.maxBytes ?? DEFAULT_MAX_BYTES);
}
