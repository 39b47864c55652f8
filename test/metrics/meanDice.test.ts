import { caseMetrics, summarise } from "../../src/metrics";
import golden from "../golden/meanDice.json";

const { height, width, classes } = golden;
const classNames = Array.from({ length: classes }, (_, label) => `class ${label}`);
const grid = (labels: string) => ({ height, width, data: Uint8Array.from(labels, Number) });
const records = golden.truths.map((truth, index) =>
  caseMetrics(grid(truth), grid(golden.predictions[index]), {
    ...{ id: String(index), classNames, hasDistances: false, hasLesions: false },
  }),
);

describe("the mean Dice of several cases", () => {
  const summary = summarise(records);

  it("is that of MONAI's DiceMetric at its defaults: over a case's classes, then over cases", () => {
    expect(summary.dice).toBeCloseTo(golden.mean, 6);
    expect(summary.overCases.dice.mean).toBe(summary.dice);
    expect(summary.intervals.dice).toEqual(summary.overCases.dice.interval);
  });

  it("has the mean of the classes' means beside it, as `foreground`", () => {
    const means = golden.meanBatch;
    summary.perClass.slice(1).forEach(({ whereTruth }, index) => {
      expect(whereTruth.dice.mean).toBeCloseTo(means[index], 6);
    });
    expect(summary.foreground.dice).toBeCloseTo(
      means.reduce((sum, mean) => sum + mean, 0) / means.length,
      6,
    );
  });

  it("is not the same number in this example, so that neither test passes for the other", () => {
    expect(Math.abs(summary.dice - summary.foreground.dice)).toBeGreaterThan(0.01);
  });
});
