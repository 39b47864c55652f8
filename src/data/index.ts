// Every public name, one line per module.
export * from "./types";
export { DEFAULT_AUGMENTATION, augment, type AugmentOptions } from "./augment/augment";
export { paperCopies } from "./augment/paperCopies";
export { createBatches, type Batch, type BatchOptions } from "./createBatches";
export { cropPlane, findFrame, uncropPlane, type Box } from "./crop";
export { listDicomSeries, type DicomSeriesInfo, type LeftOutFile } from "./dicom/dicomFolder";
export { readDicomLabels } from "./dicom/readDicomLabels";
export { writeDicomLabels } from "./dicom/writeDicomLabels";
export type { SegmentationMask } from "./dicom/segmentation/readSegmentation";
export type { SegmentationOptions } from "./dicom/segmentation/encodeSegmentation";
export { setDicomDecoder, type UnpackPicture } from "./dicom/decoders";
export { readDicomSeries, type ReadDicomOptions } from "./dicom/readDicomSeries";
export { readCovidSemiSeg, readImageFolder, type ImageFolderOptions } from "./images/imageFolder";
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
  type HounsfieldLine,
  type IntensityWindow,
} from "./intensity";
export { axisCodes } from "./affine";
export { alignLabels, type AlignOptions } from "./geometry/alignLabels";
export { resampleImageVolume, resampleLabelVolume, type Grid } from "./geometry/resampleVolume";
export type { LabelMap } from "./labelMap";
export { lungMask } from "./lungMask";
export {
  NEIGHBOUR_CORRELATION,
  findNeighbours,
  groupNeighbours,
  type NeighbourPair,
} from "./nearDuplicates";
export type { UnitGuess } from "./nifti/guessUnit";
export type { NonFiniteVoxels } from "./nifti/nonFinite";
export type { PlacementIssue } from "./nifti/placementIssue";
export type { NiftiPairOptions } from "./nifti/readNiftiPairs";
export {
  readNifti,
  readNiftiLabels,
  type ReadNiftiLabelsOptions,
  type ReadNiftiOptions,
} from "./nifti/readNifti";
export { writeNifti, type WriteNiftiOptions } from "./nifti/writeNifti";
export { makePhantom, writePhantom, type PhantomOptions } from "./phantom/makePhantom";
export { DECODINGS, rankDice, type Decoding, type RankDiceOptions } from "./rankDice";
export {
  prepareSamples,
  resizeCeiling,
  restoreLabels,
  restoreProbabilities,
  type ClassProbabilities,
  type PrepareOptions,
  type RestoreOptions,
} from "./prepare";
export { readDataset, type ReadDatasetOptions } from "./readDataset";
export { readNpz, type ReadNpzOptions } from "./readNpz";
export { resizeImage, resizeLabels, type Interpolation } from "./resize";
export { gridSize, labelsToVolume, sliceVolume } from "./volumeSlices";
