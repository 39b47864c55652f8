import type { PrepareOptions } from "../../data/prepare";
import type { TrainingConfig } from "../config/trainingConfig";

/** How a configuration wants slices prepared, but for their size. */
export function prepareOptions({
  window,
}: Pick<TrainingConfig, "window">): Pick<PrepareOptions, "window"> {
  return window === null ? {} : { window: { low: window[0], high: window[1] } };
}
