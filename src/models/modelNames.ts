/**
 * The names that `modelByName` knows. They stand apart from the models, so that the command line's
 * help needs no TensorFlow.
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
