import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { ConfigError } from "../../src/core/errors";
import { readCovidSemiSeg } from "../../src/data/images/imageFolder";
import { findNeighbours } from "../../src/data/nearDuplicates";
import { makePhantom, writePhantom } from "../../src/data/phantom/makePhantom";
import { readDataset } from "../../src/data/readDataset";
import { tempFolder } from "../support/tempFolder";

const folder = tempFolder();
const size = 128;
const hundred = makePhantom({ count: 100, size, seed: 2020 });

/** The percentage of each slice that has a label. */
function shares(labels: Uint8Array, pixels: number, label: number): number[] {
  return Array.from({ length: labels.length / pixels }, (_, slice) => {
    const part = labels.subarray(slice * pixels, (slice + 1) * pixels);
    return (100 * part.filter((value) => value === label).length) / pixels;
  });
}

function mean(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0) / values.length;
}

function quantile(values: readonly number[], probability: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const at = probability * (sorted.length - 1);
  const low = Math.floor(at);
  return sorted[low] + (at - low) * ((sorted[low + 1] ?? sorted[low]) - sorted[low]);
}

describe("the phantom's statistics compared with the public 100 slices", () => {
  const groundGlass = shares(hundred.mask.data, size * size, 1);
  const consolidation = shares(hundred.mask.data, size * size, 2);
  const effusion = shares(hundred.mask.data, size * size, 3);
  const has = (values: number[]) => values.filter((value) => value > 0).length;

  it("has each lesion in the same number of slices", () => {
    expect(has(groundGlass)).toBe(96);
    expect(has(consolidation)).toBe(78);
    const both = groundGlass.filter((share, i) => share > 0 && consolidation[i] > 0);
    const neither = groundGlass.filter((share, i) => share + consolidation[i] === 0);
    expect([both.length, neither.length]).toEqual([75, 1]);
    expect(has(effusion)).toBeGreaterThan(3);
    expect(has(effusion)).toBeLessThan(25);
  });

  it("has the same fractions of pixels", () => {
    expect(mean(groundGlass) / 4.56).toBeCloseTo(1, 1);
    expect(mean(consolidation) / 2.25).toBeCloseTo(1, 1);
  });

  it.each([
    ["ground-glass", groundGlass, [0.95, 1.5, 2.8, 5.9, 10.7]],
    ["consolidation", consolidation, [0.17, 0.48, 1.5, 3.2, 8.7]],
  ])("has the areas of %s, quantile by quantile", (_, values, wanted) => {
    const present = values.filter((share) => share > 0);
    [0.1, 0.25, 0.5, 0.75, 0.9].forEach((probability, i) => {
      const ratio = quantile(present, probability) / wanted[i];
      expect(ratio).toBeGreaterThan(0.85);
      expect(ratio).toBeLessThan(1.15);
    });
  });

  it("has the same range of grey values", () => {
    const sorted = hundred.image.data.slice().sort();
    const at = (probability: number) => sorted[Math.floor(probability * (sorted.length - 1))];
    const wanted = [-1409, -1252, -213, 149, 291];
    [0.01, 0.05, 0.5, 0.95, 0.99].forEach((probability, i) => {
      expect(Math.abs(at(probability) - wanted[i])).toBeLessThan(90);
    });
    expect(sorted[0]).toBeGreaterThanOrEqual(-1607);
    expect(sorted[sorted.length - 1]).toBeLessThanOrEqual(597);
  });

  it("has a hundred different patients", () => {
    const cases = Array.from({ length: 100 }, (_, slice) => {
      const data = hundred.image.data.subarray(slice * size * size, (slice + 1) * size * size);
      return { id: String(slice), image: { height: size, width: size, data } };
    });
    expect(findNeighbours(cases)).toEqual([]);
  });
});

describe("makePhantom", () => {
  it("is the same for the same seed, and different for another", () => {
    const make = (seed: number) => makePhantom({ count: 3, size: 32, seed });
    expect(make(1)).toEqual(make(1));
    expect(make(2).image.data).not.toEqual(make(1).image.data);
  });

  it("makes any count and size", () => {
    for (const [count, side] of [
      [1, 16],
      [2, 37],
      [5, 64],
    ]) {
      const { image, mask } = makePhantom({ count, size: side, seed: 3 });
      expect(image.shape).toEqual([side, side, count]);
      expect(mask.data).toHaveLength(side * side * count);
      expect(mask.data.every((label) => label <= 3)).toBe(true);
      expect(image.data.every((value) => Number.isInteger(value))).toBe(true);
    }
    expect(() => makePhantom({ count: 0, size: 64, seed: 1 })).toThrow(ConfigError);
    expect(() => makePhantom({ count: 1, size: 8, seed: 1 })).toThrow(/makePhantom.size/);
  });

  it("makes a volume with continuous slices", () => {
    const { image, mask } = makePhantom({ count: 24, size: 64, seed: 6, kind: "volume" });
    const at = (slice: number) => image.data.subarray(slice * 4096, (slice + 1) * 4096);
    const difference = (a: number, b: number) =>
      mean(Array.from(at(a), (value, i) => Math.abs(value - at(b)[i])));
    expect(difference(10, 11)).toBeLessThan(0.6 * difference(4, 18));
    expect(mask.data.some((label) => label === 1)).toBe(true);
    expect(image.affine[10] * 24).toBeCloseTo(232, 0); // about 23 cm of lung
  });
});

describe("writePhantom", () => {
  it("is read back unchanged", async () => {
    const options = { count: 3, size: 64, seed: 5 };
    const { image, mask } = makePhantom(options);
    await writePhantom(folder, options);
    const dataset = await readDataset(folder);
    expect(dataset.cases).toHaveLength(3);
    dataset.cases.forEach(({ image: plane, labels, unit, group, id }, slice) => {
      expect(plane.data).toEqual(image.data.slice(slice * 4096, (slice + 1) * 4096));
      expect(labels?.data).toEqual(mask.data.slice(slice * 4096, (slice + 1) * 4096));
      expect(unit).toBe("pseudo-HU");
      expect(group).toBe(id);
    });
  });
});

const realSlices = resolve(
  __dirname,
  "../../../shared/data/covid-semiseg/MultiClassInfection-Train",
);
(existsSync(realSlices) ? describe : describe.skip)("beside the public slices", () => {
  it("has the contrast of real lesions to lung and body", async () => {
    const { cases } = await readCovidSemiSeg(realSlices);
    /** Mean grey of a label, scaled so that the darkest 5 % are 0 and the brightest 5 % are 1. */
    const contrast = (image: Float32Array, labels: Uint8Array, label: number) => {
      const sorted = image.slice().sort();
      const [low, high] = [0.05, 0.95].map((p) => sorted[Math.floor(p * (sorted.length - 1))]);
      let [sum, count] = [0, 0];
      for (let i = 0; i < image.length; i++) {
        if (labels[i] !== label) continue;
        sum += image[i];
        count++;
      }
      return (sum / count - low) / (high - low);
    };
    for (const label of [1, 2]) {
      const real = cases
        .filter(({ labels }) => labels?.data.includes(label))
        .map(({ image, labels }) => contrast(image.data, labels?.data ?? new Uint8Array(0), label));
      const made: number[] = [];
      for (let slice = 0; slice < 40; slice++) {
        const range = [slice * size * size, (slice + 1) * size * size] as const;
        const labels = hundred.mask.data.subarray(...range);
        if (!labels.includes(label)) continue;
        const grey = hundred.image.data.slice(...range).map((v) => Math.max(v, -1000));
        made.push(contrast(grey, labels, label));
      }
      expect(Math.abs(mean(made) - mean(real))).toBeLessThan(0.15);
    }
  });
});
