import { basename } from "node:path";
import { DataError } from "../../core/errors";
import type { IntensityUnit, Volume } from "../types";
import type { LeftOutFile } from "./dicomFolder";
import { describeLeftOut, openSeries } from "./dicomFolder";
import { readDicomSlice } from "./dicomSlice";
import type { DicomElements } from "./parseDicom";
import type { SegmentationMask } from "./segmentation/readSegmentation";
import { readSegmentation, referencedSeries } from "./segmentation/readSegmentation";
import type { SliceStack } from "./stackSlices";
import { decodeStack, stackSlices } from "./stackSlices";

/** What {@link readDicomSeries} may be told. */
export interface ReadDicomOptions {
  /** Which series, by its SeriesInstanceUID or SeriesNumber; needed where the folder holds several. */
  readonly series?: string;
  /** What the numbers mean; by default Hounsfield units for a CT and `"arbitrary"` for all else. */
  readonly unit?: IntensityUnit;
  /** The largest volume to take in, as float32; default 4 GiB. */
  readonly maxBytes?: number;
  /** Is told of DICOM files that were left out, such as reports; by default they are warned of. */
  readonly onLeftOut?: (files: readonly LeftOutFile[]) => void;
}

const DEFAULT_MAX_BYTES = 4 * 2 ** 30;

/** A series with the files that it came from. */
export interface DicomScan {
  readonly volume: Volume;
  readonly stack: SliceStack;
  /** The mask that lies in the same folder as a segmentation of this series. */
  readonly labels: SegmentationMask | null;
}

/** The one segmentation of a series. */
function chooseSegmentation(path: string, own: readonly DicomElements[]): DicomElements | null {
  if (own.length <= 1) return own[0] ?? null;
  throw new DataError({
    where: path,
    expected: "one segmentation of the series",
    got: own.map((one) => basename(one.path)).join(" and "),
    remedy: "Take the others out of the folder, or read one with readDicomLabels",
  });
}

/**
 * {@link readDicomSeries}, with the files themselves and, where it is asked for, the mask beside them.
 *
 * @throws DataError also for several segmentations of the series
 */
export async function readDicomScan(
  path: string,
  options: ReadDicomOptions & { readonly hasLabels?: boolean } = {},
): Promise<DicomScan> {
  const { series, unit, maxBytes = DEFAULT_MAX_BYTES, hasLabels = false } = options;
  const { uid, files, segmentations, leftOut } = await openSeries(path, series);
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
 * Reads a DICOM series: the files of a folder in any order and under any names, sorted by their place
 * in the patient, with slope and intercept, or the modality LUT, applied. Files that are not DICOM are
 * passed over; reports, localisers and the like are left out, and a warning names them.
 *
 * Pixels may be plain (implicit or explicit, either byte order), deflated, run-length encoded, JPEG,
 * JPEG-LS or JPEG 2000. Gantry tilt is kept in the affine as a shear. MONOCHROME1 is turned so that
 * larger values are brighter, unless the values are Hounsfield units, which have their own meaning.
 *
 * @param path a folder, or one file
 * @returns axes and affine as nibabel would give them for the series: x the columns, y the rows
 * @throws DataError for no image, several series (it lists them), slices that are missing, twice, of
 *   another grid or at uneven distances, colours, and compressions that it does not unpack
 */
export async function readDicomSeries(
  path: string,
  options: ReadDicomOptions = {},
): Promise<Volume> {
  return (await readDicomScan(path, options)).volume;
}
