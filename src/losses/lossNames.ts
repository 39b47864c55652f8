/**
 * The names that `lossByName` knows. They are in a separate file so that the command line's help does
 * not load TensorFlow.
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
