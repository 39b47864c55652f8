import { ConfigError } from "../../src/core/errors";
import { scorePredictions } from "../../src/experiments/evaluation/evaluateModel";
import { comparePredictions, headline } from "../../src/viz";

const classNames = ["background", "lesion"];
const plane = (values: readonly number[]) => ({
  height: 1,
  width: 4,
  data: Uint8Array.from(values),
});
const cases = Array.from({ length: 8 }, (_, i) => ({
  id: `slice ${i}`,
  group: `patient ${i}`,
  labels: plane([1, 1, 0, 0]),
  image: { height: 1, width: 4, data: Float32Array.of(0, 1, 2, 3) },
  spacingMm: null,
}));
const scored = (predictions: readonly ReturnType<typeof plane>[]) => ({
  predictions,
  evaluation: scorePredictions(cases, predictions, classNames),
});
const right = scored(cases.map(({ labels }) => labels));
// Worse in every case; worst in the fourth.
const half = scored(cases.map((_, i) => plane(i === 3 ? [0, 0, 0, 1] : [1, 0, 0, 0])));

describe("headline", () => {
  it("names the better model, and says whether the difference is significant", () => {
    const evaluations = { unet: half.evaluation, residualAttentionUnet: right.evaluation };
    expect(headline(evaluations)).toBe(
      "Residual Attention U-Net reaches a mean Dice of 1.00 on 8 held-out slices, U-Net 0.58; the difference is significant (p = 0.008, paired over 8 patients).",
    );
    expect(headline({ a: right.evaluation, b: right.evaluation })).toMatch(
      /may be due to chance \(p = 1\.0/,
    );
    expect(headline({ unet: right.evaluation })).toBe(
      "U-Net reaches a mean Dice of 1.00 on 8 held-out slices.",
    );
  });

  it("refuses evaluations of other cases, and none", () => {
    const { records, summary } = right.evaluation;
    const turned = { records: [...records].reverse(), summary };
    expect(() => headline({ a: right.evaluation, b: turned })).toThrow(
      /same cases in the same order, got "slice 0" and "slice 7" at 0/,
    );
    expect(() => headline({})).toThrow(ConfigError);
  });
});

describe("comparePredictions", () => {
  it("shows the worst case first, with its Dice", () => {
    const figure = comparePredictions(cases, { unet: half }, { classNames, count: 2 });
    expect(figure.description).toBe(
      "Scan, Truth and U-Net of slice 3 and slice 0; classes lesion.",
    );
    expect(figure.svg).toMatch(/Dice 0\.00[\s\S]*Dice 0\.67/);
  });

  it("refuses predictions of other cases", () => {
    const short = { ...half, predictions: half.predictions.slice(1) };
    expect(() => comparePredictions(cases, { unet: short }, { classNames })).toThrow(
      /expected 8 predictions and records, one per case, got 7 predictions and 8 records/,
    );
  });
});
