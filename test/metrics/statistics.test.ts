import {
  bootstrapInterval,
  holm,
  infNetCase,
  infNetProtocol,
  reliability,
  wilcoxonSignedRank,
} from "../../src/metrics";
import { createRandom } from "../../src/core/random";
import { mergeReliability } from "../../src/metrics";
import golden from "../golden/statistics.json";

describe("wilcoxonSignedRank", () => {
  it.each(golden.wilcoxon)("equals SciPy over all sign patterns: $name", ({ first, second, p }) => {
    for (const alternative of ["two-sided", "greater", "less"] as const) {
      const result = wilcoxonSignedRank(first, second, { alternative });
      expect(result.pValue).toBeCloseTo(p[alternative], 12);
    }
  });

  it("stays exact with ties where a normal approximation would not", () => {
    // Five equal differences of one sign: 2 of 32 patterns.
    const result = wilcoxonSignedRank([2, 3, 4, 5, 6], [1, 2, 3, 4, 5]);
    expect(result).toMatchObject({ pValue: 2 / 32, positiveRankSum: 15, negativeRankSum: 0 });
  });

  it("takes differences that only rounding tells apart for ties", () => {
    const result = wilcoxonSignedRank([0.3, 0.6, 0.2], [0.2, 0.5, 0.3]);
    expect(result).toMatchObject({ positiveRankSum: 4, negativeRankSum: 2, pairs: 3 });
  });

  it("leaves out equal and undefined pairs, and says how many", () => {
    const result = wilcoxonSignedRank([1, NaN, 3, 2], [1, 2, 1, 3]);
    expect(result).toMatchObject({ pairs: 2, zeros: 1, undefinedPairs: 1 });
    expect(wilcoxonSignedRank([1, 2], [1, 2])).toMatchObject({ pValue: 1, pairs: 0, zeros: 2 });
  });

  it("is exact for many pairs", () => {
    const random = createRandom(4);
    const first = Array.from({ length: 300 }, () => random.uniform());
    const { pValue } = wilcoxonSignedRank(
      first,
      first.map((value) => value - 0.2 + 0.4 * random.uniform()),
    );
    expect(pValue).toBeGreaterThan(0);
    expect(pValue).toBeLessThanOrEqual(1);
  });

  it("states wanted and got", () => {
    expect(() => wilcoxonSignedRank([1], [1, 2])).toThrow(/the same length, got 1 and 2/);
  });
});

describe("holm", () => {
  it("gives the values of R's p.adjust", () => {
    expect(holm([0.01, 0.02, 0.03, 0.04, 0.05]).map((p) => Number(p.toFixed(10)))).toEqual([
      0.05, 0.08, 0.09, 0.09, 0.09,
    ]);
    expect(holm([0.6, 0.01, 0.7]).map((p) => Number(p.toFixed(10)))).toEqual([1, 0.03, 1]);
  });

  it("keeps comparisons that could not be made out of the count", () => {
    expect(holm([0.02, NaN, 0.03])).toEqual([0.04, NaN, 0.04]);
    expect(() => holm([0.5, 1.5])).toThrow(/p-values from 0 to 1, got 1.5/);
  });
});

describe("bootstrapInterval", () => {
  const scores = [0.1, 0.2, 0.9, 0.8];
  const mean = (cases: readonly number[]): number =>
    cases.reduce((sum, index) => sum + scores[index], 0) / cases.length;

  it("covers the true mean about as often as it says", () => {
    const random = createRandom(9);
    const level = 0.9;
    const trials = 200;
    let covered = 0;
    for (let trial = 0; trial < trials; trial++) {
      const values = Array.from({ length: 40 }, () => random.normal());
      const { low, high } = bootstrapInterval(
        values.map((_, index) => `patient ${index}`),
        (cases) => cases.reduce((sum, index) => sum + values[index], 0) / cases.length,
        { seed: trial, resamples: 300, level },
      );
      if (low <= 0 && high >= 0) covered++;
    }
    // Four standard errors.
    expect(Math.abs(covered / trials - level)).toBeLessThan(
      4 * Math.sqrt((level * (1 - level)) / trials),
    );
  });

  it("is wider over patients than over slices taken for independent", () => {
    const bySlice = bootstrapInterval(["a", "b", "c", "d"], mean);
    const byPatient = bootstrapInterval(["a", "a", "b", "b"], mean);
    expect(byPatient.high - byPatient.low).toBeGreaterThan(bySlice.high - bySlice.low);
    // Both patients, or one of them twice.
    expect(byPatient.low).toBeCloseTo(0.15, 12);
    expect(byPatient.high).toBeCloseTo(0.85, 12);
  });

  it("is undefined for one patient, and repeatable for a seed", () => {
    expect(bootstrapInterval(["a", "a", "a", "a"], mean).low).toBeNaN();
    const groups = ["a", "b", "c", "d"];
    expect(bootstrapInterval(groups, mean, { seed: 3 })).toEqual(
      bootstrapInterval(groups, mean, { seed: 3 }),
    );
    expect(() => bootstrapInterval(groups, mean, { level: 1 })).toThrow(/level between 0 and 1/);
  });
});

describe("reliability", () => {
  const probabilities = Float32Array.from(golden.calibration.probabilities);
  const labels = Uint8Array.from(golden.calibration.labels);
  const options = { numClasses: 4, bins: 10 };

  it("equals torchmetrics", () => {
    const result = reliability(probabilities, labels, options);
    expect(result.expectedError).toBeCloseTo(golden.calibration.l1, 5);
    expect(result.maximumError).toBeCloseTo(golden.calibration.max, 5);
    expect(result.total).toBe(labels.length);
  });

  it("merges cases into what one case would give", () => {
    const cut = 150;
    const merged = mergeReliability([
      reliability(probabilities.subarray(0, cut * 4), labels.subarray(0, cut), options),
      reliability(probabilities.subarray(cut * 4), labels.subarray(cut), options),
    ]);
    const whole = reliability(probabilities, labels, options);
    expect(merged.expectedError).toBeCloseTo(whole.expectedError, 10);
    expect(merged.bins.map((bin) => bin.count)).toEqual(whole.bins.map((bin) => bin.count));
  });

  it("can leave the sure background and ignored voxels out", () => {
    const sure = Float32Array.of(0.99, 0.01, 0.2, 0.8, 0.4, 0.6);
    const truth = Uint8Array.of(0, 0, 9);
    const two = { numClasses: 2, bins: 10 };
    expect(reliability(sure, truth, { ...two, ignoreLabel: 9 }).total).toBe(2);
    const shown = reliability(sure, truth, { ...two, ignoreLabel: 9, region: "foreground" });
    expect(shown.total).toBe(1);
    expect(shown.expectedError).toBeCloseTo(0.8, 6);
    expect(() => reliability(sure, truth, { numClasses: 3 })).toThrow(/3 x 3 numbers, got 6/);
  });
});

describe("infNetProtocol", () => {
  it.each(golden.infNet)("equals the published loops: $name", ({ cases, expected }) => {
    const scores = infNetProtocol(cases);
    for (const name of [
      "dice",
      "sensitivity",
      "specificity",
      "precision",
      "eMeasure",
      "sMeasure",
      "mae",
    ] as const) {
      expect(scores[name]).toBeCloseTo(expected[name], 10);
    }
  });

  it("takes label masks as binary maps of one class", () => {
    const truth = { height: 1, width: 4, data: Uint8Array.of(0, 1, 2, 2) };
    const prediction = { height: 1, width: 4, data: Uint8Array.of(0, 2, 2, 1) };
    const image = infNetCase(truth, prediction, 2);
    expect([...Array.from(image.truth), ...Array.from(image.map)]).toEqual([
      0, 0, 1, 1, 0, 1, 1, 0,
    ]);
    // 255 thresholds see the mask, the last sees everything: 2·2 / (2 + 4).
    expect(infNetProtocol([image]).dice).toBeCloseTo((255 * 0.5 + 4 / 6) / 256, 12);
  });

  it("states wanted and got", () => {
    expect(() => infNetProtocol([])).toThrow(/at least one image, got none/);
    expect(() => infNetProtocol([{ truth: [1, 0], map: [1], width: 1 }])).toThrow(
      /infNetProtocol\[0\].map: expected 2 values, like the truth, got 1/,
    );
    expect(() => infNetProtocol([{ truth: [1, 0], map: [1, 0], width: 3 }])).toThrow(
      /width: expected a divisor of 2, the number of values, got 3/,
    );
  });
});
