export * from "./types";
export { DEFAULT_AUGMENTATION, augment } from "./augment/augment";
export type { AugmentOptions } from "./augment/augment";
export { paperCopies } from "./augment/paperCopies";
export { createBatches } from "./createBatches";
export type { Batch, BatchOptions } from "./createBatches";
export { cropPlane, findFrame, uncropPlane } from "./crop";
export type { Box } from "./crop";
export { listDicomSeries } from "./dicom/dicomFolder";
export type { DicomSeriesInfo, LeftOutFile } from "./dicom/dicomFolder";
export { readDicomLabels } from "./dicom/readDicomLabels";
export { writeDicomLabels } from "./dicom/writeDicomLabels";
export type { SegmentationMask } from "./dicom/segmentation/readSegmentation";
export type { SegmentationOptions } from "./dicom/segmentation/encodeSegmentation";
export { setDicomDecoder } from "./dicom/decoders";
export type { UnpackPicture } from "./dicom/decoders";
export { readDicomSeries } from "./dicom/readDicomSeries";
export type { ReadDicomOptions } from "./dicom/readDicomSeries";
export { readCovidSemiSeg, readImageFolder } from "./images/imageFolder";
export type { ImageFolderOptions } from "./images/imageFolder";
export { encodeMaskPng } from "./images/encodeMaskPng";
export { readGreyPng, readMaskPng, writeMaskPng } from "./images/png";
export { readGreyImage } from "./images/readGreyImage";
export {
  LUNG_WINDOW,
  applyWindow,
  defaultWindow,
  fromHounsfield,
  hounsfieldLine,
  toHounsfield,
  undoWindow,
} from "./intensity";
export type { HounsfieldLine, IntensityWindow } from "./intensity";
export { axisCodes } from "./affine";
export { alignLabels } from "./geometry/alignLabels";
export type { AlignOptions } from "./geometry/alignLabels";
export { resampleImageVolume, resampleLabelVolume } from "./geometry/resampleVolume";
export type { Grid } from "./geometry/resampleVolume";
export type { LabelMap } from "./labelMap";
export { lungMask } from "./lungMask";
export { NEIGHBOUR_CORRELATION, findNeighbours, groupNeighbours } from "./nearDuplicates";
export type { NeighbourPair } from "./nearDuplicates";
export type { UnitGuess } from "./nifti/guessUnit";
export type { NotNumbers } from "./nifti/notNumbers";
export type { PlaceDoubt } from "./nifti/placeDoubt";
export type { NiftiPairOptions } from "./nifti/readNiftiPairs";
export { readNifti, readNiftiLabels } from "./nifti/readNifti";
export type { ReadNiftiLabelsOptions, ReadNiftiOptions } from "./nifti/readNifti";
export { writeNifti } from "./nifti/writeNifti";
export type { WriteNiftiOptions } from "./nifti/writeNifti";
export { makePhantom, writePhantom } from "./phantom/makePhantom";
export type { PhantomOptions } from "./phantom/makePhantom";
export { DECODINGS, rankDice, type Decoding, type RankDiceOptions } from "./rankDice";
export { prepareSamples, resizeCeiling, restoreLabels, restoreProbabilities } from "./prepare";
export type { ClassProbabilities, PrepareOptions, RestoreOptions } from "./prepare";
export { readDataset } from "./readDataset";
export type { ReadDatasetOptions } from "./readDataset";
export { readNpz } from "./readNpz";
export type { ReadNpzOptions } from "./readNpz";
export { resizeImage, resizeLabels } from "./resize";
export type { Interpolation } from "./resize";
export { gridSize, labelsToVolume, sliceVolume } from "./volumeSlices";
