import {
  averageDirectedDistances,
  averageSymmetricSurfaceDistance,
  caseMetrics,
  connectedComponents,
  distanceTransform,
  hausdorff,
  lesionDetection,
  lungInvolvementPercent,
  parseRecords,
  serialiseRecords,
  surfaceDice,
  surfaceDistances,
  surfelDistances,
  volumeMl,
} from "../../src/metrics";
import { draw, stack } from "./draw";

describe("surfaceDistances", () => {
  const truth = draw(`
    . . . . . .
    . 1 1 1 . .
    . 1 1 1 . .
    . 1 1 1 . .
    . . . . . .
    . . . . . .`);
  const moved = draw(`
    . . . . . .
    . . 1 1 1 .
    . . 1 1 1 .
    . . 1 1 1 .
    . . . . . .
    . . . . . .`);

  it("are of the pixels with a side to the outside", () => {
    const { truthToPrediction, predictionToTruth } = surfaceDistances(truth, moved);
    // 8 of 9 pixels. The left column is 1 away; the middle of each square is inside, so (2, 2) and
    // its mirror (2, 3) have 1 to go.
    expect([...truthToPrediction]).toEqual([1, 0, 0, 1, 1, 1, 0, 0]);
    expect([...predictionToTruth]).toEqual([0, 0, 1, 1, 1, 0, 0, 1]);
  });

  it("give hand-derived measures", () => {
    const distances = surfaceDistances(truth, moved, [1, 2]);
    expect(hausdorff(distances)).toBe(2);
    // (2, 3) of the first surface lies between two pixels of the second, 1 above and 1 below.
    expect([...distances.truthToPrediction]).toEqual([2, 0, 0, 2, 1, 2, 0, 0]);
    expect(averageSymmetricSurfaceDistance(distances)).toBe(14 / 16);
    expect(surfaceDice(distances, 0.5)).toBe(8 / 16);
    expect(surfaceDice(distances, 1)).toBe(10 / 16);
    expect(averageDirectedDistances(distances)).toEqual({
      truthToPrediction: 7 / 8,
      predictionToTruth: 7 / 8,
    });
  });

  it("take a mask's edge at the image's border", () => {
    const full = draw(`
      1 1 1
      1 1 1
      1 1 1`);
    expect(surfaceDistances(full, full).truthToPrediction.length).toBe(8);
  });

  it("count a distance equal to the tolerance, whatever its last bit", () => {
    const [a, b] = [draw("1 . . ."), draw(". . . 1")];
    expect(surfaceDice(surfaceDistances(a, b, [1, 0.1]), 0.3)).toBe(1); // 3 · 0.1 is 0.30000000000000004
    expect(surfaceDice(surfaceDistances(a, b, [1, 0.1]), 0.299)).toBe(0);
  });

  it("see a volume's faces in all three directions", () => {
    const cube = stack(
      `1 1 1
       1 1 1
       1 1 1`,
      `1 1 1
       1 1 1
       1 1 1`,
      `1 1 1
       1 1 1
       1 1 1`,
    );
    expect(surfaceDistances(cube, cube).truthToPrediction.length).toBe(26);
  });

  it("say NaN where no surface is, Infinity where one is", () => {
    const nothing = draw(". .");
    const one = draw("1 .");
    expect(hausdorff(surfaceDistances(nothing, nothing), 95)).toBeNaN();
    expect(surfaceDice(surfaceDistances(nothing, nothing), 1)).toBeNaN();
    expect(hausdorff(surfaceDistances(one, nothing), 95)).toBe(Infinity);
    expect(averageSymmetricSurfaceDistance(surfaceDistances(nothing, one))).toBe(Infinity);
    expect(surfaceDice(surfaceDistances(one, nothing), 100)).toBe(0);
  });

  it("states wanted and got", () => {
    const distances = surfaceDistances(truth, moved);
    expect(() => hausdorff(distances, 101)).toThrow(/a number from 0 to 100, got 101/);
    expect(() => surfaceDice(distances, -1)).toThrow(/a number of at least 0, got -1/);
    expect(() => surfaceDistances(truth, draw("1 1"))).toThrow(/expected \[6, 6\], like the truth/);
    expect(() => surfaceDistances(truth, moved, [1, 0])).toThrow(/2 positive numbers/);
  });
});

describe("surfelDistances", () => {
  it("have the length of the contour, corners cut", () => {
    const square = draw(`
      1 1
      1 1`);
    const { truthSizes } = surfelDistances(square, square, [1, 1]);
    // Four sides of length 1 and four corners of half a diagonal.
    expect(truthSizes?.reduce((sum, size) => sum + size, 0)).toBeCloseTo(4 + 2 * Math.SQRT2, 12);
  });

  it("have the area of a flat surface", () => {
    const row = Array.from({ length: 9 }, () => "1").join(" ");
    const slab = stack(...[1, 2].map(() => Array.from({ length: 9 }, () => row).join("\n")));
    const { truthSizes } = surfelDistances(slab, slab, [3, 0.5, 0.5]);
    const areas = [...(truthSizes ?? [])].sort((a, b) => a - b);
    // The faces of the slab, of 0.25 mm² each, are the commonest.
    expect(areas.filter((area) => Math.abs(area - 0.25) < 1e-12).length).toBe(2 * 8 * 8);
  });
});

describe("distanceTransform", () => {
  it("is Infinity where nothing is marked", () => {
    expect([...distanceTransform(draw(". ."))]).toEqual([Infinity, Infinity]);
  });

  it("counts slices by their spacing", () => {
    const mask = stack("1 .", ". .", ". .");
    expect([...distanceTransform(mask, [4, 1, 3])]).toEqual([0, 3, 4, 5, 8, Math.hypot(8, 3)]);
  });
});

describe("connectedComponents", () => {
  const mask = draw(`
    1 1 . 2
    . . 1 .
    1 . . 1`);

  it("join by faces, or by corners too", () => {
    expect([...connectedComponents(mask, { label: 1 }).ids]).toEqual([
      1, 1, 0, 0, 0, 0, 2, 0, 3, 0, 0, 4,
    ]);
    const corners = connectedComponents(mask, { label: 1, connectivity: "corner" });
    expect([corners.count, ...corners.sizes]).toEqual([2, 7, 4, 1]);
  });

  it("take all labels for one mask without a label", () => {
    expect(connectedComponents(mask, { connectivity: "corner" }).count).toBe(2);
    expect(() => connectedComponents(mask, { label: 0 })).toThrow(/a label of at least 1, got 0/);
  });

  it("do not wrap around from row to row or slice to slice", () => {
    expect(connectedComponents(draw(". . 1\n1 . ."), { connectivity: "corner" }).count).toBe(2);
    expect(connectedComponents(stack(". .\n. 1", "1 .\n. ."), { connectivity: "face" }).count).toBe(
      2,
    );
  });
});

describe("lesionDetection", () => {
  // Three lesions: one found whole, one touched, one missed; one false positive.
  const truth = draw(`
    1 1 . 1 1 1 1 . . .
    1 1 . . . . . . 1 .`);
  const prediction = draw(
    `
    1 1 . . . . 1 1 . .
    1 1 . . . . . . . .
    `.trimEnd(),
  );

  it("counts what any shared voxel finds", () => {
    expect(lesionDetection(truth, prediction)).toEqual({
      truthLesions: 3,
      predictedLesions: 2,
      found: 2,
      falseAlarms: 0,
      recall: 2 / 3,
      precision: 1,
      f1: 0.8,
    });
  });

  it("or matches one to one by IoU", () => {
    const strict = lesionDetection(truth, prediction, 1, { minIou: 0.5 });
    expect(strict).toMatchObject({ found: 1, falseAlarms: 1, f1: 0.4 });
    // Two predicted parts of one lesion: both touch it, one may match it.
    const parts = [draw("1 1 1 1 1 1"), draw("1 1 . . 1 1")] as const;
    expect(lesionDetection(...parts, 1, { minIou: 0.3 })).toMatchObject({
      found: 1,
      falseAlarms: 1,
    });
    expect(lesionDetection(...parts)).toMatchObject({ found: 1, falseAlarms: 0 });
  });

  it("can leave specks out", () => {
    expect(lesionDetection(truth, prediction, 1, { minVoxels: 2 }).truthLesions).toBe(2);
  });

  it("is undefined without a lesion, 0 with one on one side", () => {
    const [none, one] = [draw(". ."), draw("1 .")];
    expect(lesionDetection(none, none).f1).toBeNaN();
    expect(lesionDetection(none, one)).toMatchObject({ f1: 0, recall: NaN, precision: 0 });
    expect(lesionDetection(one, none)).toMatchObject({ f1: 0, recall: 0, precision: NaN });
    expect(() => lesionDetection(one, one, 1, { minIou: 0 })).toThrow(
      /above 0 and at most 1, got 0/,
    );
  });
});

describe("volumes", () => {
  it("are in ml", () => {
    expect(volumeMl(stack("1 2", "1 1"), 1, [5, 4, 2])).toBeCloseTo(0.12, 12);
  });

  it("and in percent of the lung", () => {
    const labels = draw("0 1 2 3 1");
    const lungs = draw("1 1 1 . 1");
    expect(lungInvolvementPercent(labels, lungs)).toBe(75);
    expect(lungInvolvementPercent(labels, lungs, [2])).toBe(25);
    expect(lungInvolvementPercent(labels, draw(". . . . ."))).toBeNaN();
    expect(() => lungInvolvementPercent(labels, lungs, [])).toThrow(/at least one label/);
  });
});

describe("records as JSON", () => {
  it("keep NaN and Infinity apart", () => {
    const record = caseMetrics(draw(". 1"), draw(". ."), {
      id: "a",
      classNames: ["background", "lesion", "absent"],
    });
    expect(record.classes[1].hd95).toBe(Infinity);
    expect(parseRecords(serialiseRecords([record]))).toEqual([record]);
  });

  it("refuse other text", () => {
    expect(() => parseRecords("[{}]")).toThrow(/case records as JSON, got other JSON/);
    expect(() => parseRecords("nothing")).toThrow(/case records as JSON/);
  });
});
