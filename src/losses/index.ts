export { crossEntropy } from "./crossEntropy";
export type { CrossEntropyOptions } from "./crossEntropy";
export { diceCrossEntropy } from "./diceCrossEntropy";
export type { DiceCrossEntropyOptions } from "./diceCrossEntropy";
export { diceLoss } from "./diceLoss";
export type { DiceLossOptions } from "./diceLoss";
export { focalLoss } from "./focalLoss";
export type { FocalLossOptions } from "./focalLoss";
export { generalisedDiceLoss } from "./generalisedDiceLoss";
export type { GeneralisedDiceLossOptions } from "./generalisedDiceLoss";
export { lossByName } from "./lossByName";
export type { NamedLossOptions } from "./lossByName";
export { LOSS_NAMES } from "./lossNames";
export type { LossName } from "./lossNames";
export { tverskyLoss } from "./tverskyLoss";
export type { TverskyLossOptions } from "./tverskyLoss";
export type {
  CommonLossOptions,
  FromLogits,
  FromProbabilities,
  PredictionKind,
  RegionLossOptions,
  SegmentationLoss,
} from "./types";
