import type { PrepareOptions } from "../../data/prepare";
import type { TrainingConfig } from "../config/trainingConfig";

/** The options of a configuration for preparing slices, except their size. */
export function prepareOptions({
  window,
}: Pick<TrainingConfig, "window">): Pick<PrepareOptions, "window"> {
  return window === null ? {} : { window: { low: window[0], high: window[1] } };
}
