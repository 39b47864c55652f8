import {
  averageDirectedDistances,
  averageSymmetricSurfaceDistance,
  caseMetrics,
  connectedComponents,
  distanceTransform,
  hausdorff,
  surfaceDice,
  surfaceDistances,
  surfelDistances,
} from "../../src/metrics";
import type { LabelGrid } from "../../src/metrics";
import golden from "../golden/metrics.json";

interface MonaiScores {
  readonly confusion: readonly number[];
  readonly dice: number | string;
  readonly precision: number | string;
  readonly sensitivity: number | string;
  readonly specificity: number | string;
  readonly "threat score": number | string;
  readonly hausdorff: number | string;
  readonly hd95: number | string;
  readonly assd: number | string;
  readonly surfaceDice: number | string;
}
interface SurfaceDistanceScores {
  readonly hausdorff: number;
  readonly hd95: number;
  readonly average: readonly number[];
  readonly surfaceDice: number;
}
interface ClassRow {
  readonly label: number;
  readonly monai: MonaiScores;
  readonly surfaceDistance: SurfaceDistanceScores | null;
}

const classNames = ["background", "one", "two"];

function grid(shape: readonly number[], labels: string): LabelGrid {
  const data = Uint8Array.from(labels, Number);
  const [width, height] = [shape[shape.length - 1], shape[shape.length - 2]];
  return shape.length === 2 ? { height, width, data } : { depth: shape[0], height, width, data };
}

/** Relative; JSON has neither NaN nor Infinity. */
function expectClose(actual: number, expected: number | string, tolerance: number): void {
  const wanted = Number(expected);
  if (Number.isFinite(wanted)) {
    expect(Math.abs(actual - wanted)).toBeLessThanOrEqual(
      tolerance * Math.max(1, Math.abs(wanted)),
    );
  } else {
    expect(actual).toBe(wanted);
  }
}

describe.each(golden.pairs)("$name", (pair) => {
  const truth = grid(pair.shape, pair.truth);
  const prediction = grid(pair.shape, pair.prediction);
  const record = caseMetrics(truth, prediction, {
    id: pair.name,
    classNames,
    spacingMm: pair.spacing,
    tolerance: pair.tolerance,
  });

  const classes: readonly ClassRow[] = pair.classes;
  it.each(classes)("class $label equals MONAI", ({ label, monai }) => {
    const own = record.classes[label];
    const [truePositives, falsePositives, trueNegatives, falseNegatives] = monai.confusion;
    expect(own.counts).toEqual({ truePositives, falsePositives, trueNegatives, falseNegatives });
    // MONAI leaves out cases without truth; ours says 0 for a false positive.
    const isFalseAlarm = truePositives + falseNegatives === 0 && falsePositives > 0;
    expectClose(own.dice, isFalseAlarm ? 0 : monai.dice, 1e-6);
    expectClose(own.precision, monai.precision, 1e-6);
    expectClose(own.recall, monai.sensitivity, 1e-6);
    expectClose(own.specificity, monai.specificity, 1e-6);
    expectClose(own.iou, monai["threat score"], 1e-6);
    const distances = surfaceDistances(truth, prediction, pair.spacing, label);
    expectClose(hausdorff(distances), monai.hausdorff, 1e-4);
    // A percentile of infinite distances is NaN in MONAI, Infinity here as the others are.
    expectClose(own.hd95, monai.hausdorff === "Infinity" ? "Infinity" : monai.hd95, 1e-4);
    expectClose(own.assd, monai.assd, 1e-4);
    expectClose(own.surfaceDice, monai.surfaceDice, 1e-6);
  });

  it.each(classes)("class $label equals surface-distance", ({ label, surfaceDistance: peer }) => {
    const distances = surfelDistances(truth, prediction, pair.spacing, label);
    if (peer === null) {
      // One side is empty, where the package divides by nothing: ours says so as for voxels.
      const voxels = surfaceDistances(truth, prediction, pair.spacing, label);
      expect(hausdorff(distances)).toBe(hausdorff(voxels));
      expect(surfaceDice(distances, 1)).toBe(surfaceDice(voxels, 1));
      return;
    }
    const means = averageDirectedDistances(distances);
    expectClose(hausdorff(distances), peer.hausdorff, 1e-6);
    expectClose(hausdorff(distances, 95), peer.hd95, 1e-6);
    expectClose(means.truthToPrediction, peer.average[0], 1e-6);
    expectClose(means.predictionToTruth, peer.average[1], 1e-6);
    const share = surfaceDice(distances, pair.tolerance);
    expectClose(share, peer.surfaceDice, 1e-6);
    const inCase = caseMetrics(truth, prediction, {
      id: pair.name,
      classNames,
      spacingMm: pair.spacing,
      tolerance: pair.tolerance,
      surface: "surfels",
    }).classes[label];
    expect([inCase.hd95, inCase.assd, inCase.surfaceDice]).toEqual([
      hausdorff(distances, 95),
      averageSymmetricSurfaceDistance(distances),
      share,
    ]);
  });

  it("equals torchmetrics", () => {
    const peer = pair.torchmetrics;
    expect(record.confusion.counts).toEqual(peer.confusion);
    expectClose(record.accuracy, peer.accuracy, 1e-6);
    record.classes.forEach((own, label) => {
      // torchmetrics has 0 where ours says undefined.
      expectClose(Number.isNaN(own.dice) ? 0 : own.dice, peer.f1[label], 1e-6);
      expectClose(Number.isNaN(own.iou) ? 0 : own.iou, peer.jaccard[label], 1e-6);
      const { specificity } = own;
      expectClose(Number.isNaN(specificity) ? 0 : specificity, peer.specificity[label], 1e-6);
    });
  });
});

it.each(golden.transforms)("distanceTransform equals SciPy: $name", (row) => {
  const distances = distanceTransform(grid(row.shape, row.mask), row.spacing);
  expect(distances.length).toBe(row.distances.length);
  distances.forEach((distance, i) => expectClose(distance, row.distances[i], 1e-8));
});

it.each(golden.components)("connectedComponents equals SciPy: $name", (row) => {
  const mask = grid(row.shape, row.mask);
  for (const connectivity of ["face", "corner"] as const) {
    const components = connectedComponents(mask, { connectivity });
    expect(components.count).toBe(Math.max(...row[connectivity]));
    expect([...components.ids]).toEqual(row[connectivity]);
  }
});
