import type { Volume } from "../types";
import { decodeSeries } from "./decodeSeries";
import type { DicomScan, ReadDicomOptions } from "./decodeSeries";
import { openSeries } from "./dicomFolder";

export type { ReadDicomOptions } from "./decodeSeries";

/**
 * {@link readDicomSeries}, with the files themselves and, if requested, the mask beside them.
 *
 * @throws DataError also for several segmentations of the series
 */
export async function readDicomScan(
  path: string,
  options: ReadDicomOptions & { readonly hasLabels?: boolean } = {},
): Promise<DicomScan> {
  return decodeSeries(path, await openSeries(path, options.series), options);
}

/**
 * Reads a DICOM series: the files of a folder in any order and under any names, sorted by their
 * position in the patient, with slope and intercept, or the modality LUT, applied. Files that are not DICOM
 * are skipped; reports, localisers and the like are left out, and a warning lists them.
 *
 * Pixels may be uncompressed (implicit or explicit, either byte order), deflated, run-length encoded, JPEG,
 * JPEG-LS or JPEG 2000. Gantry tilt is kept in the affine as a shear. MONOCHROME1 is inverted, so
 * that larger values are brighter, unless the values are Hounsfield units.
 *
 * @param path a folder, or one file
 * @returns axes and affine as nibabel would give them for the series: x the columns, y the rows
 * @throws DataError for no image, several series (it lists them), slices that are missing, duplicated, on
 *   another grid or at uneven distances, colours, or an unsupported compression
 */
export async function readDicomSeries(
  path: string,
  options: ReadDicomOptions = {},
): Promise<Volume> {
  return (await readDicomScan(path, options)).volume;
}
