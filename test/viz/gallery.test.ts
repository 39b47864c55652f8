import * as viz from "../../src/viz";
import type { Figure } from "../../src/viz";
import { expectPicture } from "./support/gallery";
import { CLASS_NAMES, sampleMask, sampleScan } from "./support/sampleCase";

const scan = sampleScan(48, 64);
const truth = sampleMask(scan, [1, 2, 3]);
const prediction = sampleMask(scan, [1, 2, 0], 0.02);
const wave = (
  height: number,
  width: number,
): { height: number; width: number; data: number[] } => ({
  height,
  width,
  data: Array.from({ length: height * width }, (_, i) => Math.exp(-(((i % width) - 3) ** 2) / 9)),
});
const rows = [
  { name: "residualAttentionUnet", mean: 0.62, interval: [0.55, 0.68] as const, count: 48 },
  { name: "ma", mean: 0.55, interval: [0.48, 0.61] as const, count: 48, pValue: 0.004 },
  { name: "mr", mean: 0.6, interval: [0.52, 0.66] as const, count: 48, pValue: 0.31 },
];
const epochs = (
  start: number,
): { epoch: number; loss: number; validationLoss: number; validationDice: number }[] =>
  Array.from({ length: 12 }, (_, i) => ({
    epoch: i + 1,
    loss: start / (i + 1),
    validationLoss: (start * 1.1) / (i + 1) + 0.05,
    validationDice: 0.7 - 0.6 / (i + 1),
  }));

const figures: Readonly<Record<string, () => Figure>> = {
  ablationBars: () => viz.ablationBars(rows),
  attentionMap: () =>
    viz.attentionMap(scan, [{ title: "Head 1", weights: wave(12, 16), query: [24, 12] }]),
  augmentationGrid: () =>
    viz.augmentationGrid(
      [
        { id: "slice 25", image: scan, labels: truth },
        {
          id: "slice 25",
          image: scan,
          labels: sampleMask(scan, [1, 2, 3], 0.05),
          augmentation: "shift",
        },
      ],
      { classNames: CLASS_NAMES },
    ),
  compareMasks: () =>
    viz.compareMasks(
      [
        {
          id: "slice 25",
          image: scan,
          labels: truth,
          masks: [{ title: "U-Net", labels: prediction, caption: "Dice 0.71" }],
        },
      ],
      { classNames: CLASS_NAMES, difference: true },
    ),
  confusionMatrixChart: () =>
    viz.confusionMatrixChart(
      [
        [9500, 60, 10, 0],
        [120, 700, 90, 0],
        [30, 60, 400, 5],
        [0, 0, 0, 0],
      ],
      CLASS_NAMES,
    ),
  deletionCurve: () =>
    viz.deletionCurve({
      fractions: [0, 0.1, 0.3],
      attended: { scores: [0.9, 0.4, 0.1], area: 0.44 },
      random: { scores: [0.9, 0.8, 0.6], area: 0.76 },
      nearby: { scores: [0.9, 0.6, 0.4], area: 0.59 },
    }),
  foldScores: () =>
    viz.foldScores(
      [0.6, 0.52, 0.71].flatMap((score, fold) => [
        { model: "unet", fold, score },
        { model: "residualAttentionUnet", fold, score: fold === 1 ? NaN : score + 0.04 },
      ]),
    ),
  kShotCurve: () =>
    viz.kShotCurve(
      [1, 5, 10, 25].flatMap((shots, i) => [
        {
          series: "from scratch",
          shots,
          mean: 0.2 + 0.1 * i,
          interval: [0.12 + 0.1 * i, 0.28 + 0.1 * i] as const,
        },
        {
          series: "pre-trained on the phantom",
          shots,
          mean: 0.35 + 0.06 * i,
          interval: [0.3 + 0.06 * i, 0.4 + 0.06 * i] as const,
        },
      ]),
    ),
  leakStudyBars: () =>
    viz.leakStudyBars([
      { name: "patients apart", mean: 0.55, interval: [0.5, 0.6], count: 50 },
      { name: "copies on both sides", mean: 0.81, interval: [0.78, 0.84], count: 300 },
      { name: "background in the mean", mean: 0.68, count: 50 },
    ]),
  learningRateFinderChart: () =>
    viz.learningRateFinderChart(
      Array.from({ length: 40 }, (_, i) => ({
        learningRate: 1e-6 * 10 ** (i / 8),
        loss: 1 - 0.5 / (1 + Math.exp(12 - i / 2)) + (i > 34 ? (i - 34) * 0.2 : 0),
      })),
      3e-4,
    ),
  lesionVolumes: () =>
    viz.lesionVolumes({
      unet: [
        { id: "a", truth: 10, predicted: 8 },
        { id: "b", truth: 40, predicted: 45 },
      ],
      residualAttentionUnet: [{ id: "a", truth: 10, predicted: 11 }],
    }),
  lshBucketMap: () =>
    viz.lshBucketMap(scan, [
      {
        title: "Round 1",
        buckets: { height: 6, width: 8, data: Array.from({ length: 48 }, (_, i) => (i * 7) % 5) },
      },
    ]),
  reliabilityDiagram: () =>
    viz.reliabilityDiagram({
      unet: {
        bins: [0.3, 0.5, 0.7, 0.9].map((confidence) => ({
          count: 9,
          confidence,
          accuracy: confidence ** 1.3,
        })),
        expectedError: 0.084,
      },
    }),
  scoreBars: () =>
    viz.scoreBars([
      {
        model: "unet",
        className: "ground-glass opacity",
        mean: 0.58,
        interval: [0.5, 0.66],
        count: 15,
      },
      { model: "unet", className: "pleural effusion", mean: 0.8, count: 2 },
      {
        model: "residualAttentionUnet",
        className: "ground-glass opacity",
        mean: 0.63,
        interval: [0.55, 0.7],
        count: 15,
      },
      { model: "residualAttentionUnet", className: "pleural effusion", mean: NaN, count: 0 },
    ]),
  trainingCurves: () =>
    viz.trainingCurves([
      { model: "unet", epochs: epochs(0.9) },
      { model: "residualAttentionUnet", epochs: epochs(0.8) },
    ]),
};

describe("gallery", () => {
  it.each(Object.keys(figures))("%s is drawn as before, and has a description", (name) => {
    const figure = figures[name]();
    expect(figure.description).toMatch(/\w.*\.$/);
    expect(figure.svg).not.toMatch(/NaN|undefined|Infinity/);
    expectPicture(name, figure.svg ?? "");
  });
});
