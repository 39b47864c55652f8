import { FRESH_EARLY_STOP, watch } from "../../../src/experiments/training/earlyStop";

function run(values: number[], mode: "min" | "max", patience: number | null) {
  let state = FRESH_EARLY_STOP;
  for (const [index, value] of values.entries()) {
    const verdict = watch(state, { value, epoch: index + 1, mode, patience });
    state = verdict.state;
    if (verdict.shouldStop) return { state, stoppedAt: index + 1 };
  }
  return { state, stoppedAt: null };
}

describe("watch", () => {
  it("stops after `patience` epochs without a better value", () => {
    const { state, stoppedAt } = run([0.1, 0.5, 0.4, 0.5, 0.45, 0.9], "max", 3);
    expect(stoppedAt).toBe(5);
    expect(state).toEqual({ bestValue: 0.5, bestEpoch: 2, waited: 3 });
  });

  it("can treat lower values as better", () => {
    expect(run([3, 2, 2.5, 1], "min", 2).state.bestEpoch).toBe(4);
  });

  it("never stops without patience", () => {
    expect(run([1, 0, 0, 0, 0, 0], "max", null).stoppedAt).toBeNull();
  });

  it("does not count a non-finite value as an improvement", () => {
    const { state, stoppedAt } = run([NaN, NaN], "max", 2);
    expect(stoppedAt).toBe(2);
    expect(state.bestValue).toBeNull();
  });
});
