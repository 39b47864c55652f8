import fc from "fast-check";
import {
  METRIC_NAMES,
  averageSymmetricSurfaceDistance,
  caseMetrics,
  connectedComponents,
  distanceTransform,
  hausdorff,
  lesionDetection,
  surfaceDice,
  surfaceDistances,
  surfelDistances,
} from "../../src/metrics";
import type { LabelVolume } from "../../src/metrics";

interface Volume extends LabelVolume {
  readonly data: Uint8Array;
}
interface Pair {
  readonly truth: Volume;
  readonly prediction: Volume;
  readonly spacing: [number, number, number];
}

const classNames = ["background", "one", "two"];
const size = fc.integer({ min: 1, max: 7 });
const spacing = fc.tuple(
  ...([1, 2, 3].map(() => fc.double({ min: 0.3, max: 5, noNaN: true })) as [
    fc.Arbitrary<number>,
    fc.Arbitrary<number>,
    fc.Arbitrary<number>,
  ]),
);
/** Two volumes of one random shape; each third of their voxels is of a class. */
const pairs: fc.Arbitrary<Pair> = fc
  .tuple(size, size, size, spacing)
  .chain(([depth, height, width, spacingMm]) => {
    const length = depth * height * width;
    const labels = fc
      .uint8Array({ minLength: length, maxLength: length, max: 2 })
      .map((data): Volume => ({ depth, height, width, data: Uint8Array.from(data) }));
    return fc.record({
      truth: labels,
      prediction: labels,
      spacing: fc.constant<[number, number, number]>([...spacingMm]),
    });
  });

function score(pair: Pair): ReturnType<typeof caseMetrics> {
  return caseMetrics(pair.truth, pair.prediction, {
    id: "case",
    classNames,
    spacingMm: pair.spacing,
    tolerance: 1,
  });
}

/** The same volume seen in a mirror along an axis. */
function flip(volume: Volume, axis: 0 | 1 | 2): Volume {
  const { depth, height, width, data } = volume;
  const flipped = data.map((_, i) => {
    const x = i % width;
    const y = Math.floor(i / width) % height;
    const z = Math.floor(i / (width * height));
    const [zz, yy, xx] = [
      axis === 0 ? depth - 1 - z : z,
      axis === 1 ? height - 1 - y : y,
      axis === 2 ? width - 1 - x : x,
    ];
    return data[(zz * height + yy) * width + xx];
  });
  return { depth, height, width, data: flipped };
}

describe("scores of a case", () => {
  it("are 1 (or 0 for distances) against itself, where the class is there", () => {
    fc.assert(
      fc.property(pairs, (pair) => {
        const record = score({ ...pair, prediction: pair.truth });
        expect(record.accuracy).toBe(1);
        for (const row of record.classes) {
          const isThere = row.counts.truePositives > 0;
          expect(row.dice).toBe(isThere ? 1 : NaN);
          if (row.label === 0) continue;
          expect(row.hd95).toBe(isThere ? 0 : NaN);
          expect(row.surfaceDice).toBe(isThere ? 1 : NaN);
          expect(row.lesionF1).toBe(isThere ? 1 : NaN);
        }
      }),
    );
  });

  it("are within bounds, and IoU follows from Dice", () => {
    fc.assert(
      fc.property(pairs, (pair) => {
        for (const row of score(pair).classes) {
          for (const name of METRIC_NAMES) {
            const value = row[name];
            if (Number.isNaN(value)) continue;
            const isShare = !["hd95", "assd", "relativeVolumeError"].includes(name);
            expect(value).toBeGreaterThanOrEqual(name === "relativeVolumeError" ? -1 : 0);
            if (isShare) expect(value).toBeLessThanOrEqual(1);
          }
          if (!Number.isNaN(row.dice)) expect(row.iou).toBeCloseTo(row.dice / (2 - row.dice), 12);
        }
      }),
    );
  });

  it("are symmetric where they should be, and swap precision with recall", () => {
    fc.assert(
      fc.property(pairs, (pair) => {
        const forth = score(pair);
        const back = score({ ...pair, truth: pair.prediction, prediction: pair.truth });
        forth.classes.forEach((row, label) => {
          const other = back.classes[label];
          expect(row.dice).toBe(other.dice);
          expect(row.precision).toBe(other.recall);
          expect(row.hd95).toBe(other.hd95);
          expect(row.surfaceDice).toBe(other.surfaceDice);
          expect(row.lesionF1).toBe(other.lesionF1);
          if (Number.isFinite(row.assd)) expect(row.assd).toBeCloseTo(other.assd, 10);
        });
      }),
    );
  });

  it("do not change in a mirror", () => {
    fc.assert(
      fc.property(pairs, fc.constantFrom(0, 1, 2), (pair, axis) => {
        const seen = score(pair);
        const mirrored = score({
          ...pair,
          truth: flip(pair.truth, axis),
          prediction: flip(pair.prediction, axis),
        });
        expect(mirrored.confusion).toEqual(seen.confusion);
        seen.classes.forEach((row, label) => {
          const other = mirrored.classes[label];
          expect(other.lesions).toEqual(row.lesions);
          for (const name of ["hd95", "assd", "surfaceDice"] as const) {
            if (Number.isFinite(row[name])) expect(other[name]).toBeCloseTo(row[name], 9);
            else expect(other[name]).toBe(row[name]);
          }
        });
      }),
    );
  });

  it("scale with the spacing", () => {
    fc.assert(
      fc.property(pairs, fc.double({ min: 0.1, max: 10, noNaN: true }), (pair, factor) => {
        const [a, b] = [pair.spacing, pair.spacing.map((mm) => mm * factor)].map((mm) =>
          surfaceDistances(pair.truth, pair.prediction, mm, 1),
        );
        const [near, far] = [
          averageSymmetricSurfaceDistance(a),
          averageSymmetricSurfaceDistance(b),
        ];
        if (Number.isFinite(near)) expect(far / factor).toBeCloseTo(near, 8);
        else expect(far).toBe(near);
      }),
    );
  });
});

describe("distances", () => {
  /** Every distance by trying every pair: slow and plainly right. */
  function bruteForce(volume: Volume, [dz, dy, dx]: readonly number[]): number[] {
    const { height, width, data } = volume;
    const at = (i: number): [number, number, number] => [
      Math.floor(i / (width * height)) * dz,
      (Math.floor(i / width) % height) * dy,
      (i % width) * dx,
    ];
    return Array.from(data, (_, i) => {
      const [z, y, x] = at(i);
      let best = Infinity;
      data.forEach((label, j) => {
        if (label === 0) return;
        const [zz, yy, xx] = at(j);
        best = Math.min(best, Math.hypot(z - zz, y - yy, x - xx));
      });
      return best;
    });
  }

  it("of the transform are those of trying every pair", () => {
    fc.assert(
      fc.property(pairs, (pair) => {
        const distances = distanceTransform(pair.truth, pair.spacing);
        const wanted = bruteForce(pair.truth, pair.spacing);
        const isClose = (mm: number, i: number): boolean =>
          mm === wanted[i] || Math.abs(mm - wanted[i]) < 1e-9;
        expect(distances.every(isClose)).toBe(true);
      }),
    );
  });

  it("between surfaces are the transform's, also where rows run out and columns are asked", () => {
    // A chessboard is all surface and asks often; few far marks keep the answers many rows away.
    const far = fc
      .tuple(
        fc.integer({ min: 1, max: 6 }),
        fc.integer({ min: 30, max: 60 }),
        fc.integer({ min: 8, max: 16 }),
        spacing,
      )
      .chain(([depth, height, width, mm]) => {
        const length = depth * height * width;
        const truth = { depth, height, width, data: new Uint8Array(length) };
        for (let i = 0; i < length; i++) {
          const row = Math.floor(i / width);
          truth.data[i] = (i + row + Math.floor(row / height)) % 2;
        }
        return fc.array(fc.nat(length - 1), { minLength: 1, maxLength: 4 }).map((marks) => {
          const data = new Uint8Array(length);
          for (const i of marks) data[i] = 1;
          return { truth, prediction: { depth, height, width, data }, mm: [...mm] };
        });
      });
    fc.assert(
      fc.property(far, ({ truth, prediction, mm }) => {
        const found = surfaceDistances(truth, prediction, mm).truthToPrediction;
        const all = distanceTransform(prediction, mm);
        const isChessboard = truth.data.every(
          (label, i) => label === 0 || i % truth.width === 0 || truth.data[i - 1] === 0,
        );
        expect(isChessboard).toBe(true);
        const wanted = [...all].filter((_, i) => truth.data[i] === 1);
        expect(found.length).toBe(wanted.length);
        const largest = Math.max(...wanted.map((mm, i) => Math.abs(mm - found[i])));
        expect(largest).toBeLessThan(1e-9);
      }),
      { numRuns: 50 },
    );
  });

  it("of a percentile grow with it, up to the Hausdorff distance", () => {
    fc.assert(
      fc.property(pairs, (pair) => {
        for (const measure of [surfaceDistances, surfelDistances]) {
          const distances = measure(pair.truth, pair.prediction, pair.spacing, 1);
          const values = [0, 25, 50, 95, 100].map((share) => hausdorff(distances, share));
          values.slice(1).forEach((value, i) => {
            if (!Number.isNaN(value)) expect(value).toBeGreaterThanOrEqual(values[i]);
          });
          const shares = [0, 1, 5, 1e9].map((mm) => surfaceDice(distances, mm));
          shares.slice(1).forEach((share, i) => {
            if (!Number.isNaN(share)) expect(share).toBeGreaterThanOrEqual(shares[i]);
          });
        }
      }),
    );
  });
});

it("components are a partition in which every lesion finds itself", () => {
  fc.assert(
    fc.property(
      pairs,
      fc.constantFrom("face" as const, "corner" as const),
      (pair, connectivity) => {
        const components = connectedComponents(pair.truth, { label: 1, connectivity });
        const inside = [...pair.truth.data].map((label) => label === 1);
        expect([...components.ids].map((id) => id > 0)).toEqual(inside);
        expect(components.sizes.reduce((sum, count) => sum + count, 0)).toBe(inside.length);
        const { truthLesions, found } = lesionDetection(pair.truth, pair.truth, 1, {
          connectivity,
          minIou: 1,
        });
        expect([truthLesions, found]).toEqual([components.count, components.count]);
      },
    ),
  );
});
