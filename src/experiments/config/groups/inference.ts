import * as z from "zod";
import { DECODINGS } from "../../../data/rankDice";
import { group, setting } from "../setting";
import { count } from "./numbers";

/** The settings of prediction. */
export const inferenceSettings = group({
  /**
   * Mirrored copies whose class probabilities are averaged with those of the slice: `horizontal` adds one,
   * mirrored left to right; `both` adds three, mirrored front to back too.
   */
  flips: setting(
    z.enum(["none", "horizontal", "both"]),
    "none",
    "mirrored copies whose probabilities are averaged",
  ),
  /**
   * How probabilities become labels: the most likely class, or the labels with the highest expected Dice,
   * which keeps more small or uncertain regions; see `rankDice`.
   */
  decoding: setting(
    z.enum(DECODINGS),
    "argmax",
    "the most likely class, or the labels with the highest expected Dice",
  ),
  /** Number of networks with different seeds whose class probabilities are averaged. */
  ensemble: setting(
    count,
    1,
    "number of networks with different seeds whose probabilities are averaged",
  ),
  /** Overlap of neighbouring windows, as a fraction of the window; for trainings on patches only. */
  overlap: setting(
    z.number().min(0).lt(1),
    0.25,
    "overlap of sliding windows, as a fraction of a window; with sampling.patchSize",
  ),
  /** Weight of a window's pixels: equal (`constant`) or lower towards its edges (`gaussian`); MONAI's names. */
  mode: setting(
    z.enum(["constant", "gaussian"]),
    "constant",
    "weight of a sliding window's pixels; with sampling.patchSize",
  ),
});
