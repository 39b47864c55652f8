import { DataError } from "../../core/errors";
import { readWholeFile } from "../../files/readFiles";
import type { DicomFile } from "./chooseSeries";
import { chooseSeries } from "./chooseSeries";
import { setNodeDecoders } from "./codecs";
import { readDicomHeads } from "./dicomFolder";
import { dicomKind } from "./dicomKind";
import type { DicomElements } from "./parseDicom";
import { parseDicom } from "./parseDicom";
import { readDicomSlice } from "./dicomSlice";
import type { SegmentationMask } from "./segmentation/readSegmentation";
import { readSegmentation, referencedSeries } from "./segmentation/readSegmentation";
import { stackSlices } from "./stackSlices";

/** A segmentation file, parsed. */
async function openSegmentation(path: string): Promise<DicomElements> {
  const elements = parseDicom(path, await readWholeFile(path, "a DICOM segmentation"));
  const found = dicomKind(elements);
  if (found.kind === "segmentation") return elements;
  throw new DataError({
    where: path,
    expected: "a DICOM segmentation (SEG)",
    got: "what" in found ? found.what : "an image",
    remedy: "Name the segmentation, and the folder of its images beside it",
  });
}

/**
 * Reads a DICOM segmentation (SEG) as a mask on its series.
 *
 * @param path the segmentation
 * @param images the folder of the series; of several, the one that the segmentation refers to is used
 * @param options.series which series, if the folder holds several and the segmentation names none
 * @returns labels on the grid of `readDicomSeries(images)`, with the segments' names
 * @throws DataError for a file that is not a segmentation, a fractional one, segments that overlap, or
 *   frames without an image in the series
 */
export async function readDicomLabels(
  path: string,
  images: string,
  options: { readonly series?: string } = {},
): Promise<SegmentationMask> {
  return readLabelsOn(path, images, await readDicomHeads(images), options);
}

/** {@link readDicomLabels} for files that were read already, which several segmentations may share. */
export async function readLabelsOn(
  path: string,
  images: string,
  files: readonly DicomFile[],
  options: { readonly series?: string } = {},
): Promise<SegmentationMask> {
  setNodeDecoders();
  const segmentation = await openSegmentation(path);
  const own = referencedSeries(segmentation);
  const referred = files.some(({ series }) => series === own) ? (own ?? undefined) : undefined;
  const chosen = chooseSeries(images, files, options.series ?? referred);
  return readSegmentation(segmentation, stackSlices(images, chosen.files.map(readDicomSlice)));
}
