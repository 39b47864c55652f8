/** Display names of models, whose own names are identifiers. */
export const MODEL_TITLES: Readonly<Record<string, string>> = {
  unet: "U-Net",
  residualAttentionUnet: "Residual Attention U-Net",
  ma: "M-A (without attention)",
  mr: "M-R (without ResNeXt)",
  withoutAttention: "M-A (without attention)",
  withoutResNeXt: "M-R (without ResNeXt)",
  attentionUnet: "Attention U-Net",
  fcn8s: "FCN-8s",
  resnextUnet: "ResNeXt-50 U-Net",
  efficientnetUnet: "EfficientNet U-Net",
  r2unet: "R2U-Net",
  multiResUnet: "MultiResUNet",
};
