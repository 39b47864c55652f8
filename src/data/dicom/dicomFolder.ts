import { open } from "node:fs/promises";
import { DataError } from "../../core/errors";
import { pathKind, readWholeFile } from "../../files/readFiles";
import { asDataError } from "../../files/systemErrors";
import { walkFolder } from "../../files/walkFolder";
import { candidates, chooseSeries, dicomFileOf, listSeries } from "./chooseSeries";
import type { ChosenSeries, DicomFile, DicomSeriesInfo } from "./chooseSeries";
import { setNodeDecoders } from "./codecs";
import { START_BYTES, dicomStart } from "./dicomStart";
import { tagOf } from "./fields";
import { parseDicom } from "./parseDicom";
import type { DicomElements } from "./parseDicom";

export type { DicomSeriesInfo, LeftOutFile } from "./chooseSeries";

/** Long enough for everything before the pixels in nearly every file. */
const HEAD_BYTES = 1 << 16;

/** The first bytes of a file. */
async function readStart(path: string, count: number): Promise<Buffer> {
  try {
    const file = await open(path, "r");
    try {
      const bytes = Buffer.alloc(count);
      const { bytesRead } = await file.read(bytes, 0, count, 0);
      return bytes.subarray(0, bytesRead);
    } finally {
      await file.close();
    }
  } catch (cause) {
    throw asDataError(path, "a file", cause);
  }
}

/** Whether a file begins like DICOM. */
export async function isDicomFile(path: string): Promise<boolean> {
  if ((await pathKind(path)) !== "file") return false;
  return dicomStart(await readStart(path, START_BYTES)) !== null;
}

/**
 * A file's elements without its pixels.
 *
 * @returns `null` for another kind of file
 * @throws DataError for a damaged file
 */
export async function readDicomHead(path: string): Promise<DicomElements | null> {
  const start = await readStart(path, HEAD_BYTES);
  if (dicomStart(start) === null) return null;
  if (start.length < HEAD_BYTES) return parseDicom(path, start, { hasPixels: false });
  return (
    parseCut(path, start) ??
    parseDicom(path, await readWholeFile(path, "a DICOM file"), { hasPixels: false })
  );
}

/** The elements of a file from its first bytes; `null` if these end before the pixels. */
function parseCut(path: string, start: Buffer): DicomElements | null {
  try {
    const elements = parseDicom(path, start, { hasPixels: false });
    return elements.values.has(tagOf("pixelData")) ? elements : null;
  } catch (error) {
    if (error instanceof DataError) return null;
    throw error;
  }
}

/** The DICOM files of a folder and its subfolders, or one file, without their pixels. */
export async function readDicomHeads(path: string): Promise<DicomFile[]> {
  const isFile = (await pathKind(path)) === "file";
  if (isFile) return [dicomFileOf(parseDicom(path, await readWholeFile(path, "a DICOM file")))];
  const files: DicomFile[] = [];
  let others = 0;
  for await (const one of walkFolder(path)) {
    const elements = await readDicomHead(one);
    if (elements === null) others++;
    else files.push(dicomFileOf(elements));
  }
  if (files.length > 0) return files;
  throw new DataError({
    where: path,
    expected: "a folder of DICOM files",
    got: others === 0 ? "an empty folder" : `${others} other files`,
    remedy: "Name the folder of the series itself",
  });
}

/**
 * Lists the series of a folder and its subfolders, to choose one by `series`.
 *
 * @throws DataError for a folder without DICOM files
 */
export async function listDicomSeries(path: string): Promise<DicomSeriesInfo[]> {
  return listSeries(candidates(await readDicomHeads(path)));
}

/**
 * Finds the DICOM files of a folder and its subfolders, chooses the only series, or the one asked for, and
 * reads it.
 *
 * @param series its SeriesInstanceUID or its SeriesNumber
 * @throws DataError for no images, for several series, which it lists, or for a series of two patients
 */
export async function openSeries(path: string, series?: string): Promise<ChosenSeries> {
  setNodeDecoders();
  const chosen = chooseSeries(path, await readDicomHeads(path), series);
  return {
    ...chosen,
    files: await readWhole(chosen.files),
    segmentations: await readWhole(chosen.segmentations),
  };
}

/** The same files with their pixels. */
async function readWhole(heads: readonly DicomElements[]): Promise<DicomElements[]> {
  const whole: DicomElements[] = [];
  for (const { path } of heads) {
    whole.push(parseDicom(path, await readWholeFile(path, "a DICOM file")));
  }
  return whole;
}
