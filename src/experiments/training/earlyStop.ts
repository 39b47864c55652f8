/** The state of early stopping; plain JSON, so that a checkpoint can store it. */
export interface EarlyStopState {
  /** The best value so far; `null` before the first finite one. */
  readonly bestValue: number | null;
  /** The epoch of the best value, counted from 1; 0 for none. */
  readonly bestEpoch: number;
  /** Number of epochs since the best one. */
  readonly waited: number;
}

/** The result of {@link watch}. */
export interface EarlyStopVerdict {
  readonly state: EarlyStopState;
  readonly isBest: boolean;
  readonly shouldStop: boolean;
}

/** The state before the first epoch. */
export const FRESH_EARLY_STOP: EarlyStopState = { bestValue: null, bestEpoch: 0, waited: 0 };

/**
 * Updates the state with one epoch's value. A value that is not finite (for a class that no validation case has)
 * is not an improvement.
 *
 * @param patience number of epochs without improvement that ends the training; `null` for never
 * @example
 * const first = watch(FRESH_EARLY_STOP, { value: 0.5, epoch: 1, mode: "max", patience: 1 });
 * watch(first.state, { value: 0.4, epoch: 2, mode: "max", patience: 1 }).shouldStop; // true
 */
export function watch(
  state: EarlyStopState,
  seen: {
    readonly value: number;
    readonly epoch: number;
    readonly mode: "min" | "max";
    readonly patience: number | null;
  },
): EarlyStopVerdict {
  const { value, epoch, mode, patience } = seen;
  const sign = mode === "max" ? 1 : -1;
  const isBest =
    Number.isFinite(value) && (state.bestValue === null || sign * (value - state.bestValue) > 0);
  const next: EarlyStopState = isBest
    ? { bestValue: value, bestEpoch: epoch, waited: 0 }
    : { ...state, waited: state.waited + 1 };
  return { state: next, isBest, shouldStop: patience !== null && next.waited >= patience };
}
