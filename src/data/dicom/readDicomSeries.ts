import type { IntensityUnit, Volume } from "../types";
import type { LeftOutFile } from "./dicomFolder";
import { describeLeftOut, openSeries } from "./dicomFolder";
import { readDicomSlice } from "./dicomSlice";
import type { DicomElements } from "./parseDicom";
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
  /** Segmentation objects that lie in the same folder. */
  readonly segmentations: readonly DicomElements[];
}

/** {@link readDicomSeries}, with the files themselves. */
export async function readDicomScan(
  path: string,
  options: ReadDicomOptions = {},
): Promise<DicomScan> {
  const { series, unit, maxBytes = DEFAULT_MAX_BYTES } = options;
  const { files, segmentations, leftOut } = await openSeries(path, series);
  const stack = stackSlices(path, files.map(readDicomSlice));
  const volume = await decodeStack(path, stack, maxBytes);
  if (leftOut.length > 0) {
    const warn = () => console.warn(`${path}: left out ${describeLeftOut(leftOut)}`);
    if (options.onLeftOut === undefined) warn();
    else options.onLeftOut(leftOut);
  }
  return { volume: { ...volume, unit: unit ?? volume.unit }, stack, segmentations };
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
