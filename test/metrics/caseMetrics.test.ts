import { parseJson, stringifyJson } from "../../src/core/json";
import {
  caseMetrics,
  caseScores,
  connectedComponents,
  lesionDetection,
  reportScores,
  summarise,
  wilcoxonSignedRank,
} from "../../src/metrics";
import type { CaseRecord } from "../../src/metrics";
import { draw } from "./draw";

const classNames = ["background", "ground-glass", "consolidation"];

describe("caseMetrics", () => {
  // Class 1: 4 right, 2 too many, 1 missed; class 2: 1 right, 1 missed.
  const truth = draw(`
    . 1 1 .
    . 1 1 1
    2 2 . .`);
  const prediction = draw(`
    . 1 1 1
    . 1 1 .
    2 1 . .`);
  const record = caseMetrics(truth, prediction, { id: "a", classNames });
  const [, glass, consolidation] = record.classes;

  it("refuses two classes of one name", () => {
    const twice = { id: "a", classNames: ["background", "lesion", "lesion"] };
    expect(() => caseMetrics(truth, prediction, twice)).toThrow(
      /classNames: expected a different name for each class, got "lesion" twice/,
    );
  });

  it("refuses unknown options", () => {
    const options = { id: "a", classNames, ignoreLabels: 2 };
    expect(() => caseMetrics(truth, prediction, options)).toThrow(
      /caseMetrics\("a"\)\.ignoreLabels: .*Did you mean "ignoreLabel"/,
    );
    expect(() => connectedComponents(truth, { conectivity: "face" } as object)).toThrow(/"connect/);
    expect(() => lesionDetection(truth, prediction, 1, { minIoU: 1 } as object)).toThrow(
      /"minIou"/,
    );
    expect(() => wilcoxonSignedRank([1], [2], { alternative: "two sided" as "less" })).toThrow(
      'alternative: expected one of two-sided, greater, less, got "two sided"',
    );
  });

  it("gives hand-derived overlap scores", () => {
    expect(glass.counts).toEqual({
      truePositives: 4,
      falsePositives: 2,
      falseNegatives: 1,
      trueNegatives: 5,
    });
    expect(glass.dice).toBe(8 / 11);
    expect(glass.iou).toBe(4 / 7);
    expect(glass.precision).toBe(4 / 6);
    expect(glass.recall).toBe(4 / 5);
    expect(glass.specificity).toBe(5 / 7);
    expect(glass.relativeVolumeError).toBe(1 / 5);
    expect(consolidation.dice).toBe(2 / 3);
    expect(record.accuracy).toBe(9 / 12);
    expect(record.confusion.counts).toEqual([
      [4, 1, 0],
      [1, 4, 0],
      [0, 1, 1],
    ]);
  });

  it("gives hand-derived distances, in pixels where no spacing is known", () => {
    expect(record.distanceUnit).toBe("px");
    // Consolidation: the missed pixel is 1 from the found one; nothing else differs.
    expect(consolidation.hd95).toBeCloseTo(0.95);
    expect(consolidation.assd).toBeCloseTo(1 / 3);
    expect(consolidation.surfaceDice).toBe(1);
    const inMm = caseMetrics(truth, prediction, {
      id: "a",
      classNames,
      spacingMm: [1, 3],
      tolerance: 2,
    });
    expect(inMm.distanceUnit).toBe("mm");
    expect(inMm.classes[2].assd).toBeCloseTo(1);
    expect(inMm.classes[2].surfaceDice).toBeCloseTo(2 / 3);
  });

  it("reports NaN, not 0 or 1, for an absent class", () => {
    const empty = draw(`
      . .
      . .`);
    const lesion = draw(`
      1 .
      . .`);
    const absent = caseMetrics(empty, empty, { id: "b", classNames }).classes[1];
    for (const metric of ["dice", "iou", "precision", "recall", "hd95", "surfaceDice"] as const) {
      expect(absent[metric]).toBeNaN();
    }
    const falseAlarm = caseMetrics(empty, lesion, { id: "c", classNames }).classes[1];
    expect(falseAlarm).toMatchObject({ dice: 0, precision: 0, recall: NaN, hd95: Infinity });
    const missed = caseMetrics(lesion, empty, { id: "d", classNames }).classes[1];
    expect(missed).toMatchObject({ dice: 0, precision: NaN, recall: 0, surfaceDice: 0 });
  });

  it("leaves ignored voxels out of counts and surfaces", () => {
    const marked = draw(`
      . 1 1 9
      . 1 1 1
      2 9 . .`);
    const scored = caseMetrics(marked, prediction, { id: "a", classNames, ignoreLabel: 9 });
    expect(scored.confusion.total).toBe(10);
    expect(scored.classes[1].counts.falsePositives).toBe(0);
    expect(scored.classes[2]).toMatchObject({ dice: 1, hd95: 0 });
  });

  it("gives volumes in ml, and none for a slice", () => {
    const volume = { depth: 2, height: 3, width: 2, data: new Uint8Array(12).fill(1) };
    const scored = caseMetrics(volume, volume, { id: "v", classNames, spacingMm: [5, 2, 10] });
    expect(scored.classes[1].truthMl).toBeCloseTo(1.2);
    expect(record.classes[1].truthMl).toBeNaN();
  });

  it("gives the diseased share of the lung where a lung mask is given", () => {
    const lungMask = draw(`
      1 1 1 1
      1 1 1 1
      . . . .`);
    const options = { id: "a", classNames, lungMask };
    expect(record.lungInvolvement).toBeNull();
    expect(caseMetrics(truth, prediction, options).lungInvolvement).toEqual({
      truthPercent: (100 * 5) / 8,
      predictedPercent: (100 * 5) / 8,
    });
    const other = caseMetrics(truth, prediction, { ...options, diseaseLabels: [2] });
    expect(other.lungInvolvement).toEqual({ truthPercent: 0, predictedPercent: 0 });
    expect(() => caseMetrics(truth, prediction, { ...options, lungMask: draw("1 1") })).toThrow(
      /lungMask: expected \[3, 4\]/,
    );
  });

  it("states wanted and got", () => {
    const wide = { height: 2, width: 6, data: new Uint8Array(12) };
    expect(() => caseMetrics(truth, wide, { id: "a", classNames })).toThrow(
      /caseMetrics\("a"\).prediction: expected \[3, 4\], like the truth, got \[2, 6\]/,
    );
    expect(() => caseMetrics(truth, { ...truth, width: 5 }, { id: "a", classNames })).toThrow(
      /expected \[3, 4\], like the truth, got \[3, 5\]/,
    );
    expect(() =>
      caseMetrics({ ...truth, data: wide.data.slice(1) }, truth, { id: "a", classNames }),
    ).toThrow(/truth: expected 12 labels for \[3, 4\], got 11/);
    expect(() =>
      caseMetrics(truth, prediction, { id: "a", classNames: ["background", "lesion"] }),
    ).toThrow(/expected labels from 0 to 1, got 2 in 1 voxels/);
    expect(() =>
      caseMetrics(truth, prediction, { id: "a", classNames, spacingMm: [1, 1, 1] }),
    ).toThrow(/spacingMm: expected 2 positive numbers, \[row, column\], got \[1, 1, 1\]/);
  });
});

describe("summarise", () => {
  const score = (id: string, truth: string, prediction: string, group?: string): CaseRecord =>
    caseMetrics(draw(truth), draw(prediction), {
      id,
      classNames,
      ...(group === undefined ? {} : { group }),
    });
  const records = [
    score("a", "1 1 . .", "1 . . ."), // class 1: 2/3
    score("b", "1 . 2 .", "1 . 2 2"), // class 1: 1; class 2: 2/3
    score("c", ". . . .", "1 . . ."), // a false positive: 0 where either, not counted where truth
    score("d", ". . . .", ". . . ."),
  ];
  const summary = summarise(records, { seed: 7, resamples: 200 });

  it("takes the mean over cases of the mean over the classes that a case has", () => {
    expect(summary.dice).toBeCloseTo((2 / 3 + (1 + 2 / 3) / 2) / 2, 12);
    expect(summary.precision).toBeCloseTo((1 + (1 + 1 / 2) / 2) / 2, 12);
    expect(summary.accuracy).toBeCloseTo((3 / 4 + 3 / 4 + 3 / 4 + 1) / 4, 12);
    expect(summary.overCases.recall.mean).toBeCloseTo((1 / 2 + 1) / 2, 12);
  });

  it("has the mean over classes of the mean over cases that have the class beside it", () => {
    expect(summary.foreground.dice).toBeCloseTo(((2 / 3 + 1) / 2 + 2 / 3) / 2, 12);
    expect(summary.foreground.precision).toBeCloseTo((1 + 1 / 2) / 2, 12);
    expect(summary.foregroundWhereEither.dice).toBeCloseTo(((2 / 3 + 1 + 0) / 3 + 2 / 3) / 2, 12);
  });

  it("pools the data set beside it", () => {
    // Class 1: TP 2, FP 1, FN 1; class 2: TP 1, FP 1.
    expect(summary.pooled.foreground.dice).toBeCloseTo((4 / 6 + 2 / 3) / 2, 12);
    expect(summary.pooled.accuracy).toBeCloseTo(13 / 16, 12);
    expect(summary.pooled.withBackground.dice).toBeCloseTo((4 / 6 + 2 / 3 + 20 / 23) / 3, 12);
  });

  it("counts where it is undefined", () => {
    const [, glass, consolidation] = summary.perClass;
    expect(glass).toMatchObject({ casesWithTruth: 2, casesWithFalseAlarm: 1, casesWithNeither: 1 });
    expect(consolidation.whereTruth.dice.count).toBe(1);
    expect(glass.whereEither.hd95).toMatchObject({ count: 2, infiniteCount: 1 });
    expect(summary.overCases.dice).toMatchObject({ count: 2, undefinedCount: 2 });
    expect(consolidation.whereTruth.dice.interval.low).toBeNaN();
  });

  it("gives the same intervals for the same seed, around the mean", () => {
    expect(summarise(records, { seed: 7, resamples: 200 })).toEqual(summary);
    const { low, high } = summary.intervals.accuracy;
    expect(low).toBeLessThanOrEqual(summary.accuracy);
    expect(high).toBeGreaterThanOrEqual(summary.accuracy);
  });

  it("draws whole patients", () => {
    const one = records.map((record) => ({ ...record, group: "p" }));
    expect(summarise(one).groups).toBe(1);
    expect(summarise(one).intervals.dice.low).toBeNaN();
  });

  it("makes the scores of a report, which JSON keeps where they are undefined", () => {
    const scores = reportScores(summary);
    expect(Object.keys(scores)).toEqual(["dice", "accuracy", "precision", "overCases", "perClass"]);
    expect(scores.dice).toBe(summary.foreground.dice);
    expect(scores.overCases).toEqual({
      dice: summary.dice,
      precision: summary.precision,
      cases: 2,
    });
    expect(scores.perClass["consolidation"]).toMatchObject({ cases: 1, recall: 1 });
    const undefinedOnes = reportScores(summarise([records[3]]));
    expect(undefinedOnes.dice).toBeNaN();
    expect(parseJson(stringifyJson(undefinedOnes))).toEqual(undefinedOnes);
  });

  it("gives a case its row of the paper's tables", () => {
    expect(caseScores(records[1])).toMatchObject({
      dice: (1 + 2 / 3) / 2,
      accuracy: 0.75,
      precision: 0.75,
    });
    expect(caseScores(records[3]).dice).toBeNaN();
  });

  it("refuses a case twice and other classes", () => {
    expect(() => summarise([])).toThrow(/at least one case/);
    expect(() => summarise([records[0], records[0]])).toThrow(/a twice/);
    const other = caseMetrics(draw("1"), draw("1"), {
      id: "x",
      classNames: ["background", "lesion"],
    });
    expect(() => summarise([records[0], other])).toThrow(
      /expected classes background, ground-glass/,
    );
  });

  it("refuses labels that are not integers, which a byte would truncate", () => {
    const grid = { height: 1, width: 2, data: Float32Array.of(0, 0.996) };
    const options = { id: "a", classNames: ["background", "lesion"] };
    const untyped = grid as unknown as Parameters<typeof caseMetrics>[0];
    expect(() => caseMetrics(untyped, untyped, options)).toThrow(
      /caseMetrics\("a"\).truth: expected integer labels from 0 to 255, got 0.99\d+ at 1/,
    );
    const whole = { ...grid, data: Float32Array.of(0, 1) } as unknown as typeof untyped;
    expect(caseMetrics(whole, whole, options).classes[1].dice).toBe(1);
  });
});
