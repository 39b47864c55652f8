export { crossEntropy, type CrossEntropyOptions } from "./crossEntropy";
export { diceCrossEntropy, type DiceCrossEntropyOptions } from "./diceCrossEntropy";
export { diceLoss, type DiceLossOptions } from "./diceLoss";
export { focalLoss, type FocalLossOptions } from "./focalLoss";
export { generalisedDiceLoss, type GeneralisedDiceLossOptions } from "./generalisedDiceLoss";
export { lossByName, type NamedLossOptions } from "./lossByName";
export { LOSS_NAMES, type LossName } from "./lossNames";
export { tverskyLoss, type TverskyLossOptions } from "./tverskyLoss";
export type {
  CommonLossOptions,
  FromLogits,
  FromProbabilities,
  PredictionKind,
  RegionLossOptions,
  SegmentationLoss,
} from "./types";
