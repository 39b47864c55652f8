/**
 * The names that `modelByName` knows. They are in a separate file so that the command line's help does
 * not load TensorFlow.
 */
export const MODEL_NAMES = [
  "unet",
  "residualAttentionUnet",
  "ma",
  "mr",
  "attentionUnet",
  "fcn8s",
  "resnextUnet",
  "efficientnetUnet",
  "r2unet",
  "multiResUnet",
] as const;

/** One of {@link MODEL_NAMES}. */
export type ModelName = (typeof MODEL_NAMES)[number];
