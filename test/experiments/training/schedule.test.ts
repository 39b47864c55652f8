import { learningRateAt } from "../../../src/experiments/training/schedule";
import type { Schedule, ScheduleTime } from "../../../src/experiments/training/schedule";
import { readCases } from "../../support/layerGolden";

interface ScheduleCase {
  readonly name: string;
  readonly schedule: Schedule;
  readonly rates: readonly number[];
  readonly mode?: "min" | "max";
  /** The values after each epoch of one step. */
  readonly values?: readonly number[];
}

function rates(schedule: Schedule, totalSteps: number): number[] {
  return Array.from({ length: totalSteps }, (_, step) =>
    learningRateAt(schedule, { base: 2, step, totalSteps }),
  );
}

describe("learningRateAt", () => {
  it("keeps a constant rate", () => {
    expect(rates({ name: "constant" }, 3)).toEqual([2, 2, 2]);
  });

  it("rises linearly, then falls as half a cosine to its floor", () => {
    const seen = rates({ name: "cosine", warmup: 0.25, floor: 0.1 }, 8);
    expect(seen.slice(0, 3)).toEqual([1, 2, 2]);
    // Halfway through the six decreasing steps: the middle of 2 and 0.2.
    expect(seen[5]).toBeCloseTo(1.1, 12);
    expect(seen[7]).toBeGreaterThan(0.2);
    expect(
      learningRateAt(
        { name: "cosine", warmup: 0, floor: 0.1 },
        { base: 2, step: 8, totalSteps: 8 },
      ),
    ).toBeCloseTo(0.2, 12);
  });

  it("falls by a power", () => {
    const seen = rates({ name: "polynomial", power: 2 }, 4);
    expect(seen).toEqual([2, 2 * 0.75 ** 2, 0.5, 2 * 0.25 ** 2]);
  });

  it("falls by a factor at each milestone", () => {
    const schedule: Schedule = { name: "staircase", milestones: [0.5, 0.75], factor: 0.1 };
    const seen = rates(schedule, 4);
    expect(seen[1]).toBe(2);
    expect(seen[2]).toBeCloseTo(0.2, 12);
    expect(seen[3]).toBeCloseTo(0.02, 12);
  });

  it.each(readCases<ScheduleCase>("schedules"))("equals torch or Keras: $name", (golden) => {
    const { schedule, rates: wanted, mode, values = [] } = golden;
    wanted.forEach((rate, step) => {
      const history: ScheduleTime["history"] =
        mode === undefined ? undefined : { mode, values: values.slice(0, step) };
      const time = { base: 2, step, totalSteps: wanted.length };
      const got = learningRateAt(schedule, history === undefined ? time : { ...time, history });
      expect([step, got]).toEqual([step, expect.closeTo(rate, 6)]);
    });
  });
});
