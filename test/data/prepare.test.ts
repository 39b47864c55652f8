import fc from "fast-check";
import { ConfigError, ShapeError } from "../../src/core/errors";
import { axialGrid, axisCodes } from "../../src/data/affine";
import { cropPlane, findFrame, uncropPlane } from "../../src/data/crop";
import {
  LUNG_WINDOW,
  applyWindow,
  defaultWindow,
  fromHounsfield,
  hounsfieldLine,
  toHounsfield,
  undoWindow,
} from "../../src/data/intensity";
import {
  prepareSamples,
  resizeCeiling,
  restoreLabels,
  restoreProbabilities,
} from "../../src/data/prepare";
import type { SliceCase, Volume } from "../../src/data/types";
import { labelsToVolume, sliceVolume } from "../../src/data/volumeSlices";

function slice(height: number, width: number, data: Float32Array): SliceCase {
  return {
    ...{ id: "a", group: "a", image: { height, width, data }, labels: null },
    ...{ unit: "HU" as const, spacingMm: null },
  };
}

describe("windows", () => {
  it("maps a window to grey and back", () => {
    const data = Float32Array.of(-3000, -1250, -500, 250, 900, NaN);
    const grey = applyWindow({ height: 1, width: 6, data }, LUNG_WINDOW);
    expect(Array.from(grey.data)).toEqual([0, 0, 0.5, 1, 1, 0]);
    const back = undoWindow(grey, LUNG_WINDOW);
    expect(Array.from(back.data.subarray(1, 4))).toEqual([-1250, -500, 250]);
    expect(() => applyWindow(grey, { low: 3, high: 3 })).toThrow(ConfigError);
    expect(defaultWindow("grey8")).toEqual({ low: 0, high: 255 });
    expect(() => defaultWindow("arbitrary")).toThrow(
      /arbitrary units, such as an MR or PET series/,
    );
  });

  it("puts air at -1000 and fat at -100, and back", () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 100, noNaN: true }),
        fc.double({ min: 120, max: 255, noNaN: true }),
        fc.double({ min: 0, max: 255, noNaN: true }),
        (air, fat, grey) => {
          const line = hounsfieldLine(air, fat);
          expect(toHounsfield(air, line)).toBeCloseTo(-1000, 6);
          expect(toHounsfield(fat, line)).toBeCloseTo(-100, 6);
          expect(fromHounsfield(toHounsfield(grey, line), line)).toBeCloseTo(grey, 6);
        },
      ),
    );
    expect(() => hounsfieldLine(7, 7)).toThrow(/two different means/);
  });
});

describe("crop", () => {
  it("finds the frame and restores the inside exactly", () => {
    const image = { height: 4, width: 5, data: new Float32Array(20).fill(-1000) };
    image.data.set([1, 2], 6);
    image.data.set([3], 13);
    const box = findFrame(image, -1000);
    expect(box).toEqual({ top: 1, left: 1, height: 2, width: 3 });
    const cropped = cropPlane(image, box);
    expect(Array.from(cropped.data)).toEqual([1, 2, -1000, -1000, -1000, 3]);
    expect(uncropPlane(cropped, box, 4, 5, -1000)).toEqual(image);
  });

  it("keeps a plane that is all frame, and rejects a box outside", () => {
    const image = { height: 2, width: 2, data: new Float32Array(4) };
    expect(findFrame(image, 0)).toEqual({ top: 0, left: 0, height: 2, width: 2 });
    expect(() => cropPlane(image, { top: 1, left: 0, height: 2, width: 1 })).toThrow(ConfigError);
  });
});

describe("samples and back", () => {
  it("restores labels exactly without resizing, with or without a frame", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 4, max: 9 }),
        fc.nat(3),
        fc.nat(3),
        fc.uint8Array({ minLength: 81, maxLength: 81, max: 3 }),
        (size, top, left, drawn) => {
          const [height, width] = [size + 5, size + 4];
          const image = new Float32Array(height * width).fill(-2000);
          const labels = { height, width, data: new Uint8Array(height * width) };
          for (let i = 0; i < size * size; i++) {
            const at = (top + Math.floor(i / size)) * width + left + (i % size);
            image[at] = 40;
            labels.data[at] = drawn[i];
          }
          const item = { ...slice(height, width, image), labels };
          const [sample] = prepareSamples({ cases: [item] }, { size, crop: "blackFrame" });
          expect(Array.from(sample.labels?.data ?? [])).toEqual(
            Array.from(drawn.subarray(0, size * size)),
          );
          const restored = restoreLabels(sample.labels ?? labels, item, { crop: "blackFrame" });
          expect(restored).toEqual(labels);
        },
      ),
    );
  });

  it("interpolates class probabilities, then takes the most likely class", () => {
    // Two pixels, three classes; on four pixels the weights in between are 3 to 1 and 1 to 3.
    const data = Float32Array.of(0.9, 0.1, 0, 0, 0.6, 0.4);
    const probabilities = { height: 1, width: 2, classes: 3, data };
    const item = slice(1, 4, new Float32Array(4));
    expect(Array.from(restoreProbabilities(probabilities, item).data)).toEqual([0, 0, 1, 1]);
    // A frame of black stays background, whatever the classes are inside.
    const framed = slice(
      3,
      6,
      Float32Array.from({ length: 18 }, (_, i) => (i === 8 || i === 9 ? 0 : -2000)),
    );
    const sure = { height: 1, width: 2, classes: 2, data: Float32Array.of(0, 1, 1, 0) };
    const restored = restoreProbabilities(sure, framed, { crop: "blackFrame" });
    expect(Array.from(restored.data)).toEqual([
      0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    ]);
    expect(() => restoreProbabilities({ ...probabilities, classes: 2 }, item)).toThrow(
      "restoreProbabilities.data: expected 4 values, got 6",
    );
  });

  it("takes the labels with the highest expected Dice on request", () => {
    const lesion = [0.9, 0.45, 0.45, 0.05, 0.01];
    const data = Float32Array.from(lesion.flatMap((share) => [1 - share, share]));
    const probabilities = { height: 1, width: 5, classes: 2, data };
    const item = slice(1, 5, new Float32Array(5));
    const labels = (decoding: "argmax" | "rankDice") =>
      Array.from(restoreProbabilities(probabilities, item, { decoding }).data);
    expect(labels("argmax")).toEqual([1, 0, 0, 0, 0]);
    expect(labels("rankDice")).toEqual([1, 1, 1, 0, 0]);
    expect(() => labels("rankdice" as "rankDice")).toThrow(
      "restoreProbabilities.decoding: expected argmax or rankDice, got rankdice",
    );
  });

  it("measures the loss by resizing alone", () => {
    const labels = { height: 64, width: 64, data: new Uint8Array(4096) };
    for (let i = 0; i < 64; i++) labels.data[i * 64 + 20] = 1; // one pixel wide
    for (let i = 0; i < 4096; i++) if (Math.floor(i / 64) > 31 && i % 64 > 31) labels.data[i] = 2;
    const item = { ...slice(64, 64, new Float32Array(4096)), labels };
    const dataset = { name: "", classNames: ["0", "1", "2", "3"], cases: [item], grid: null };
    expect(resizeCeiling(dataset, { size: 64 })).toEqual([NaN, 1, 1, NaN]);
    const [, line, block] = resizeCeiling(dataset, { size: 16 });
    expect(block).toBe(1);
    expect(line).toBeLessThan(0.5);
  });
});

describe("volumes", () => {
  const directions = [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ];
  const orders = [
    [0, 1, 2],
    [0, 2, 1],
    [1, 0, 2],
    [1, 2, 0],
    [2, 0, 1],
    [2, 1, 0],
  ];
  const orientations = orders.flatMap((order) =>
    Array.from({ length: 8 }, (_, bits) => {
      const columns = order.map((axis, i) =>
        directions[axis].map((v) => ((bits >> i) & 1 ? -v : v)),
      );
      const rows = [0, 1, 2].map((r) => [...columns.map((column) => column[r] * 2), 0]);
      return [...rows.flat(), 0, 0, 0, 1];
    }),
  );

  /** Voxels whose value encodes their position in the patient. */
  function placed(affine: readonly number[]): Volume {
    const shape = [3, 5, 7] as const;
    const data = new Float32Array(105);
    for (let z = 0; z < 7; z++) {
      for (let y = 0; y < 5; y++) {
        for (let x = 0; x < 3; x++) {
          const at = (row: number) =>
            affine[4 * row] * x + affine[4 * row + 1] * y + affine[4 * row + 2] * z;
          data[x + 3 * (y + 5 * z)] = at(0) + 100 * at(1) + 10000 * at(2);
        }
      }
    }
    return { shape, data, affine, spacingMm: [2, 2, 2], unit: "HU", source: "placed" };
  }

  it.each(orientations.map((affine) => ({ affine, axes: axisCodes(affine) })))(
    "cuts $axes with the front up, and puts labels back exactly",
    ({ affine }) => {
      const volume = placed(affine);
      const dataset = sliceVolume(volume, null, { name: "v" });
      dataset.cases.forEach(({ image }, index) => {
        const { data, height, width } = image;
        if (height > 1) expect(data[width] - data[0]).toBeCloseTo(-200, 3); // a row further back
        if (width > 1) expect(data[1] - data[0]).toBeCloseTo(-2, 3); // a column further left
        const next = dataset.cases[index + 1];
        if (next !== undefined) expect(next.image.data[0] - data[0]).toBeCloseTo(20000, 1);
      });
      const planes = dataset.cases.map(({ image }, index) => ({
        ...image,
        data: Uint8Array.from(image.data, (_, i) => (index * 31 + i * 7) % 4),
      }));
      const grid = axialGrid(volume);
      const back = labelsToVolume(planes, grid);
      expect(back.affine).toBe(affine);
      const again = sliceVolume({ ...volume, data: Float32Array.from(back.data) }, back, {
        name: "v",
      });
      again.cases.forEach(({ labels }, index) => expect(labels?.data).toEqual(planes[index].data));
    },
  );

  it("rejects a mask of another shape and a wrong number of slices", () => {
    const volume = placed(orientations[0]);
    const mask = { ...volume, shape: [3, 5, 6] as const, data: new Uint8Array(90) };
    expect(() => sliceVolume(volume, mask, { name: "v" })).toThrow(ShapeError);
    expect(() => labelsToVolume([], axialGrid(volume))).toThrow(/expected 7 slices of 5 x 3/);
  });
});
