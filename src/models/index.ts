// Every model, one line each.
export { attentionUnet } from "./attentionUnet";
export { captureActivations, layerPaths } from "./captureActivations";
export {
  efficientnetLite0,
  efficientnetLite0Names,
  type EfficientNetLite0Args,
} from "./efficientnetLite0";
export { efficientnetUnet } from "./efficientnetUnet";
export type { PretrainedUNetArgs } from "./encoderDecoder";
export { fcn8s, type FCN8sArgs } from "./fcn8s";
export { loadEncoder } from "./loadEncoder";
export { logitsModel } from "./logitsModel";
export { modelByName, type ModelArgs } from "./modelByName";
export { MODEL_NAMES, type ModelName } from "./modelNames";
export { modelArguments, modelSettings } from "./modelArguments";
export { ModelSummary, summarizeModel, type SummaryRow } from "./modelSummary";
export {
  ma,
  mr,
  residualAttentionUnet,
  ma as residualAttentionUnetWithoutAttention,
  mr as residualAttentionUnetWithoutResNeXt,
} from "./residualAttentionUnet";
export { multiResUnet, type MultiResUNetArgs } from "./multiResUnet";
export { r2unet, type R2UNetArgs } from "./r2unet";
export { resnext50, torchvisionNames, type ResNeXt50Args } from "./resnext50";
export { resnextUnet } from "./resnextUnet";
export { unet } from "./unet";
export { unet3d, type UNet3DArgs } from "./unet3d";
export type {
  AttentionLevelsArgs,
  ResidualUNetArgs,
  SegmentationArgs,
  UNetArgs,
} from "./unetFamily";
export {
  assignWeights,
  collectWeights,
  ownNames,
  type ForeignWeight,
  type WeightNames,
} from "./weights/assignWeights";
export { kerasAttentionNames } from "./weights/kerasNames";
export {
  joinTorchLstmBiases,
  kerasLayerNames,
  torchLayerNames,
  type NamedLayer,
  type NamedLayerKind,
} from "./weights/layerNames";
