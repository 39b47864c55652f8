import { open } from "node:fs/promises";
import { join } from "node:path";
import { DataError } from "../../core/errors";
import { listFolder, pathKind, readWholeFile } from "../../files/readFiles";
import { candidates, chooseSeries, dicomFileOf, listSeries } from "./chooseSeries";
import type { ChosenSeries, DicomFile, DicomSeriesInfo } from "./chooseSeries";
import { setNodeDecoders } from "./codecs";
import { isDicom } from "./parseDicom";

export type { DicomSeriesInfo, LeftOutFile } from "./chooseSeries";

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

/** Whether one of a folder's entries is a DICOM file. */
export async function isDicomFolder(path: string, names: readonly string[]): Promise<boolean> {
  for (const name of names) if (await isDicomFile(join(path, name))) return true;
  return false;
}

async function readDicomFiles(path: string): Promise<DicomFile[]> {
  setNodeDecoders();
  const isFile = (await pathKind(path)) === "file";
  const paths = isFile ? [path] : (await listFolder(path)).map((name) => join(path, name));
  const files: DicomFile[] = [];
  for (const one of paths) {
    if (!isFile && !(await isDicomFile(one))) continue;
    files.push(dicomFileOf(one, await readWholeFile(one, "a DICOM file")));
  }
  if (files.length > 0) return files;
  throw new DataError({
    where: path,
    expected: "a folder of DICOM files",
    got: paths.length === 0 ? "an empty folder" : `${paths.length} other files`,
    remedy: "Name the folder of the series itself",
  });
}

/**
 * Lists the series of a folder, to choose one by `series`.
 *
 * @throws DataError for a folder without DICOM files
 */
export async function listDicomSeries(path: string): Promise<DicomSeriesInfo[]> {
  return listSeries(candidates(await readDicomFiles(path)));
}

/**
 * Reads a folder's DICOM files and chooses the one series, or the one named.
 *
 * @param series its SeriesInstanceUID or its SeriesNumber
 * @throws DataError for no images, and for several series, which it lists
 */
export async function openSeries(path: string, series?: string): Promise<ChosenSeries> {
  return chooseSeries(path, await readDicomFiles(path), series);
}
