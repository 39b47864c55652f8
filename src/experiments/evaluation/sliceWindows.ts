import { ConfigError } from "../../core/errors";
import type { LogitsFunction } from "../../web/meanProbabilities";
import { countWindows, slidingWindowInference } from "./slidingWindowInference";
import type { SlidingWindowOptions } from "./slidingWindowInference";

/** How windows are combined; see `slidingWindowInference`. */
export type WindowJoin = Pick<SlidingWindowOptions, "overlap" | "mode">;

/** How a network trained on patches is applied to whole slices. */
export interface SliceWindows extends WindowJoin {
  /** The side that slices are resized to; at least that of the network's input. */
  readonly size: number;
}

/** {@link WindowJoin} with the side of the network's input and the windows at a time. */
interface WindowPlan extends WindowJoin {
  readonly inputSize: number;
  readonly batchSize: number;
}

function slidingWindowOptions(plan: WindowPlan): SlidingWindowOptions {
  const { inputSize, batchSize, overlap, mode } = plan;
  return {
    ...{ roiSize: [inputSize, inputSize], swBatchSize: batchSize },
    ...(overlap === undefined ? {} : { overlap }),
    ...(mode === undefined ? {} : { mode }),
  };
}

/**
 * The number of windows of one slice.
 *
 * @throws ConfigError for slices smaller than a window, or options out of range
 */
export function windowsPerSlice(where: string, plan: WindowPlan & SliceWindows): number {
  const { size, inputSize } = plan;
  if (!Number.isInteger(size) || size < inputSize) {
    throw new ConfigError({
      where: `${where}.slidingWindow.size`,
      expected: `an integer of at least ${inputSize}, the side of the network's input`,
      got: String(size),
    });
  }
  return countWindows([size, size], slidingWindowOptions(plan));
}

/** Logits of whole slices, averaged over windows as in MONAI. */
export function overWindows(logits: LogitsFunction, plan: WindowPlan): LogitsFunction {
  return (images) => slidingWindowInference(logits, images, slidingWindowOptions(plan));
}
