/** Names for people, where a model's own name is an identifier. */
const MODEL_TITLES: Readonly<Record<string, string>> = {
  unet: "U-Net",
  residualAttentionUnet: "Residual Attention U-Net",
  ma: "M-A (without attention)",
  mr: "M-R (without ResNeXt)",
  withoutAttention: "M-A (without attention)",
  withoutResNeXt: "M-R (without ResNeXt)",
  attentionUnet: "Attention U-Net",
  fcn8s: "FCN-8s",
  resnextUnet: "ResNeXt-50 U-Net",
  r2unet: "R2U-Net",
  multiResUnet: "MultiResUNet",
};

/**
 * A model's name as a reader knows it; unknown names are returned as they are.
 *
 * @example
 * modelTitle("residualAttentionUnet"); // "Residual Attention U-Net"
 */
export function modelTitle(name: string): string {
  return MODEL_TITLES[name] ?? name;
}

/** Two decimals for a sentence; "not defined" for NaN. */
export function sayScore(value: number): string {
  return Number.isNaN(value) ? "not defined" : value.toFixed(2);
}
