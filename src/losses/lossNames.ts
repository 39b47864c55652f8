/**
 * The names that `lossByName` knows. They stand apart from the losses, so that the command line's
 * help needs no TensorFlow.
 */
export const LOSS_NAMES = [
  "crossEntropy",
  "dice",
  "diceCrossEntropy",
  "focal",
  "generalisedDice",
  "tversky",
] as const;

/** One of {@link LOSS_NAMES}. */
export type LossName = (typeof LOSS_NAMES)[number];
