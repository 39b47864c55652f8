import * as z from "zod";
import { LOSS_NAMES } from "../../../losses/lossNames";
import { group, setting } from "../setting";

/** The settings of the loss. */
export const lossSettings = group({
  /** See `lossByName`. */
  name: setting(z.enum(LOSS_NAMES), "diceCrossEntropy", "the loss", { flag: "loss" }),
  /** One weight per class, background first; `null` for all 1. */
  classWeights: setting(
    z.array(z.number().min(0)).nullable(),
    null,
    "one weight per class, background first; null for all 1",
  ),
  /** For Dice-like losses: one score per batch instead of one per image, so that a rare class is not suppressed. */
  isBatchwise: setting(
    z.boolean(),
    true,
    "one Dice score per batch instead of one per image; Dice-like losses only",
  ),
  /** For Dice-like losses: whether a class counts only in the images that have it. */
  skipAbsent: setting(
    z.boolean(),
    false,
    "a class counts only in the images that have it; Dice-like losses only",
  ),
  /** For Dice-like losses: whether the background counts as a class. */
  includeBackground: setting(
    z.boolean(),
    true,
    "the background counts as a class; Dice-like losses only",
  ),
  /** Deep supervision: coarser decoder levels are trained on the labels too; the weight halves per level. */
  deepSupervision: setting(
    z.boolean(),
    false,
    "trains the decoder's coarser levels on the labels too, halving the weight per level",
  ),
});
