import { writeWhole } from "../../files/writeWhole";
import type { Volume } from "../types";
import { openSeries } from "./dicomFolder";
import { readDicomSlice } from "./dicomSlice";
import type { SegmentationOptions } from "./segmentation/encodeSegmentation";
import { encodeSegmentation } from "./segmentation/encodeSegmentation";
import { stackSlices } from "./stackSlices";

/**
 * Writes a mask as a DICOM segmentation (SEG) of a series, so that viewers overlay it on the images: one
 * binary segment per class except the background, named and coded, with the series' patient, study,
 * geometry and references.
 *
 * @param path of the file to write
 * @param mask labels on the grid of `readDicomSeries(images)`
 * @param images the folder of the series
 * @param options.series which series, if the folder holds several
 * @throws ShapeError if the mask is on another grid; DataError if the series cannot be read
 */
export async function writeDicomLabels(
  path: string,
  mask: Volume<Uint8Array>,
  images: string,
  options: SegmentationOptions & { readonly series?: string },
): Promise<void> {
  const { files } = await openSeries(images, options.series);
  const stack = stackSlices(images, files.map(readDicomSlice));
  await writeWhole(path, encodeSegmentation(mask, stack, options));
}
