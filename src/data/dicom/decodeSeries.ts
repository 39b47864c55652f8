import { DataError } from "../../core/errors";
import { baseName } from "../fileNames";
import type { IntensityUnit, Volume } from "../types";
import { chooseSeries, describeLeftOut, dicomFileOf } from "./chooseSeries";
import type { ChosenSeries, LeftOutFile } from "./chooseSeries";
import { readDicomSlice } from "./dicomSlice";
import type { DicomElements } from "./parseDicom";
import { parseDicom } from "./parseDicom";
import type { SegmentationMask } from "./segmentation/readSegmentation";
import { readSegmentation, referencedSeries } from "./segmentation/readSegmentation";
import type { SliceStack } from "./stackSlices";
import { decodeStack, stackSlices } from "./stackSlices";

/** Options of {@link readDicomSeries}. */
export interface ReadDicomOptions {
  /** Which series, by its SeriesInstanceUID or SeriesNumber; required if the folder holds several. */
  readonly series?: string;
  /** What the numbers mean; by default Hounsfield units for CT and `"arbitrary"` for everything else. */
  readonly unit?: IntensityUnit;
  /** The largest volume to read, in bytes as float32; default 4 GiB. */
  readonly maxBytes?: number;
  /** Called with the DICOM files that were left out, such as reports; by default a warning names them. */
  readonly onLeftOut?: (files: readonly LeftOutFile[]) => void;
}

const DEFAULT_MAX_BYTES = 4 * 2 ** 30;

/** A series with the files that it came from. */
export interface DicomScan {
  readonly volume: Volume;
  readonly stack: SliceStack;
  /** The mask, from a segmentation of this series in the same folder. */
  readonly labels: SegmentationMask | null;
}

/** The one segmentation of a series. */
function chooseSegmentation(path: string, own: readonly DicomElements[]): DicomElements | null {
  if (own.length <= 1) return own[0] ?? null;
  throw new DataError({
    where: path,
    expected: "one segmentation of the series",
    got: own.map((one) => baseName(one.path)).join(" and "),
    remedy: "Remove the others from the folder, or read one with readDicomLabels",
  });
}

/**
 * Decodes the chosen series and, if requested, the mask beside it.
 *
 * @throws DataError also for several segmentations of the series
 */
export async function decodeSeries(
  path: string,
  { uid, files, segmentations, leftOut }: ChosenSeries,
  options: ReadDicomOptions & { readonly hasLabels?: boolean } = {},
): Promise<DicomScan> {
  const { unit, maxBytes = DEFAULT_MAX_BYTES, hasLabels = false } = options;
  const own = hasLabels
    ? segmentations.filter((one) => [uid, null].includes(referencedSeries(one)))
    : [];
  const segmentation = chooseSegmentation(path, own);
  const stack = stackSlices(path, files.map(readDicomSlice));
  const volume = await decodeStack(path, stack, maxBytes);
  const labels = segmentation === null ? null : await readSegmentation(segmentation, stack);
  const others = segmentations
    .filter((one) => one !== segmentation)
    .map((one) => ({
      path: one.path,
      what: hasLabels ? "segmentation of another series" : "segmentation",
    }));
  const unread = [...leftOut, ...others];
  if (unread.length > 0) {
    const { onLeftOut } = options;
    if (onLeftOut !== undefined) onLeftOut(unread);
    else console.warn(`${path}: left out ${describeLeftOut(unread)}`);
  }
  return { volume: { ...volume, unit: unit ?? volume.unit }, stack, labels };
}

/**
 * `readDicomSeries` for files that are already in memory, such as files dropped on a page.
 *
 * @param name the series' name, for error messages
 * @param files in any order
 * @throws DataError as `readDicomSeries` does
 */
export async function parseDicomSeries(
  name: string,
  files: readonly { readonly name: string; readonly bytes: Uint8Array }[],
  options: ReadDicomOptions = {},
): Promise<Volume> {
  const parsed = files.map(({ name: file, bytes: { buffer, byteOffset, byteLength } }) =>
    dicomFileOf(parseDicom(file, Buffer.from(buffer, byteOffset, byteLength))),
  );
  const chosen = chooseSeries(name, parsed, options.series);
  return (await decodeSeries(name, chosen, options)).volume;
}
