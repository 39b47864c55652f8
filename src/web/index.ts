// `layerbook/web`: everything a page needs to run an exported model; uses no Node API, and importing
// it has no side effects.
export { LayerbookError } from "../core/errors";
export { parseDicomSeries } from "../data/dicom/decodeSeries";
export type { ReadDicomOptions } from "../data/dicom/decodeSeries";
export { setDicomDecoder } from "../data/dicom/decoders";
export type { UnpackPicture } from "../data/dicom/decoders";
export { parseGreyPng } from "../data/images/parsePng";
export { encodeMaskPng } from "../data/images/encodeMaskPng";
export { encodeNifti } from "../data/nifti/encodeNifti";
export { parseNifti } from "../data/nifti/parseNifti";
export type { ReadNiftiOptions } from "../data/nifti/parseNifti";
export type { SliceCase, Plane, Volume, VolumeGrid, IntensityUnit } from "../data/types";
export { labelsToVolume, sliceVolume } from "../data/volumeSlices";
export { lesionShares } from "./lesionShares";
export type { LesionShare } from "./lesionShares";
export { parsePreprocessing } from "./preprocessing";
export type { WebPreprocessing } from "./preprocessing";
export { readScan } from "./readScan";
export type { ReadScanOptions, Scan, ScanFile } from "./readScan";
export { Segmenter, loadSegmenter } from "./segmenter";
export type { LoadSegmenterOptions, SegmentOptions } from "./segmenter";
