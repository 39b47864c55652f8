/** What early stopping remembers; plain JSON, so that it can stand in a checkpoint. */
export interface EarlyStopState {
  /** The best value so far; `null` before the first finite one. */
  readonly bestValue: number | null;
  /** The epoch it came from, counted from 1; 0 for none. */
  readonly bestEpoch: number;
  /** Epochs since. */
  readonly waited: number;
}

/** What one epoch's value means. */
export interface EarlyStopVerdict {
  readonly state: EarlyStopState;
  readonly isBest: boolean;
  readonly shouldStop: boolean;
}

/** The state before the first epoch. */
export const FRESH_EARLY_STOP: EarlyStopState = { bestValue: null, bestEpoch: 0, waited: 0 };

/**
 * Takes one epoch's value in. A value that is not finite (a class that no validation case has)
 * counts as no improvement.
 *
 * @param patience epochs without improvement that end the training; `null` for never
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
