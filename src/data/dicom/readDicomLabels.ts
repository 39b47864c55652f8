import { DataError } from "../../core/errors";
import { readWholeFile } from "../../files/readFiles";
import { dicomKind } from "./dicomKind";
import type { DicomElements } from "./parseDicom";
import { parseDicom } from "./parseDicom";
import { openSeries } from "./dicomFolder";
import { readDicomSlice } from "./dicomSlice";
import type { SegmentationMask } from "./segmentation/readSegmentation";
import { readSegmentation } from "./segmentation/readSegmentation";
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
 * Reads a DICOM segmentation (SEG) as a mask on the series that it was made on.
 *
 * @param path the segmentation
 * @param images the folder of the series
 * @param options.series which series, where the folder holds several
 * @returns labels on the grid of `readDicomSeries(images)`, with the segments' names
 * @throws DataError for a file that is no segmentation or fractional, segments that overlap, and
 *   frames that lie on no image of the series
 */
export async function readDicomLabels(
  path: string,
  images: string,
  options: { readonly series?: string } = {},
): Promise<SegmentationMask> {
  const segmentation = await openSegmentation(path);
  const { files } = await openSeries(images, options.series);
  return readSegmentation(segmentation, stackSlices(images, files.map(readDicomSlice)));
}
