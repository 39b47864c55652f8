// Every model, one line each.
export { logitsModel } from "./logitsModel";
export { MODEL_NAMES, modelByName } from "./modelByName";
export type { ModelArgs, ModelName } from "./modelByName";
export { ma, mr, residualAttentionUnet } from "./residualAttentionUnet";
export { unet } from "./unet";
export type {
  AttentionLevelsArgs,
  ResNeXtUNetArgs,
  SegmentationArgs,
  UNetArgs,
} from "./unetFamily";
