// Every model, one line each.
export { attentionUnet } from "./attentionUnet";
export { captureActivations, layerPaths } from "./captureActivations";
export { efficientnetLite0, efficientnetLite0Names } from "./efficientnetLite0";
export type { EfficientNetLite0Args } from "./efficientnetLite0";
export { efficientnetUnet } from "./efficientnetUnet";
export type { PretrainedUNetArgs } from "./encoderDecoder";
export { fcn8s } from "./fcn8s";
export type { FCN8sArgs } from "./fcn8s";
export { loadEncoder } from "./loadEncoder";
export { logitsModel } from "./logitsModel";
export { modelByName } from "./modelByName";
export type { ModelArgs } from "./modelByName";
export { MODEL_NAMES } from "./modelNames";
export type { ModelName } from "./modelNames";
export { modelArguments, modelSettings } from "./modelArguments";
export { ModelSummary, summarizeModel } from "./modelSummary";
export type { SummaryRow } from "./modelSummary";
export { ma, mr, residualAttentionUnet } from "./residualAttentionUnet";
// The paper's short names, spelled out.
export {
  ma as residualAttentionUnetWithoutAttention,
  mr as residualAttentionUnetWithoutResNeXt,
} from "./residualAttentionUnet";
export { multiResUnet } from "./multiResUnet";
export type { MultiResUNetArgs } from "./multiResUnet";
export { r2unet } from "./r2unet";
export type { R2UNetArgs } from "./r2unet";
export { resnext50, torchvisionNames } from "./resnext50";
export type { ResNeXt50Args } from "./resnext50";
export { resnextUnet } from "./resnextUnet";
export { unet } from "./unet";
export type {
  AttentionLevelsArgs,
  ResidualUNetArgs,
  SegmentationArgs,
  UNetArgs,
} from "./unetFamily";
export { assignWeights, collectWeights, ownNames } from "./weights/assignWeights";
export type { ForeignWeight, WeightNames } from "./weights/assignWeights";
export { kerasAttentionNames } from "./weights/kerasNames";
export { joinTorchLstmBiases, kerasLayerNames, torchLayerNames } from "./weights/layerNames";
export type { NamedLayer, NamedLayerKind } from "./weights/layerNames";
