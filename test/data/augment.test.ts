import fc from "fast-check";
import { ConfigError } from "../../src/core/errors";
import { createRandom } from "../../src/core/random";
import type { AugmentOptions } from "../../src/data/augment/augment";
import { augment, DEFAULT_AUGMENTATION } from "../../src/data/augment/augment";
import { addNoise, applyGamma } from "../../src/data/augment/intensityChanges";
import { paperCopies } from "../../src/data/augment/paperCopies";
import { createBatches } from "../../src/data/createBatches";
import type { Sample } from "../../src/data/types";

const OFF: AugmentOptions = {
  flipChance: 0,
  rotationDegrees: 0,
  scale: [1, 1],
  shift: 0,
  elastic: 0,
  gamma: [1, 1],
  noise: 0,
  cutoutChance: 0,
};

/** A smooth image whose labels are its grey value in four steps, so that any mismatch shows. */
function sample(id: string, side = 48): Sample {
  const data = Float32Array.from({ length: side * side }, (_, i) => {
    const [y, x] = [Math.floor(i / side) / side - 0.5, (i % side) / side - 0.5];
    return Math.max(0, 1 - 2.2 * Math.hypot(y + 0.05, x - 0.08));
  });
  return {
    ...{ id, group: id, image: { height: side, width: side, data } },
    labels: { height: side, width: side, data: Uint8Array.from(data, (v) => Math.floor(v * 3.99)) },
  };
}

describe("augment", () => {
  it("changes nothing with every change off", () => {
    const original = sample("a");
    const { image, labels } = augment(original, createRandom(1), OFF);
    image.data.forEach((v, i) => expect(v).toBeCloseTo(original.image.data[i], 6));
    expect(labels?.data).toEqual(original.labels?.data);
  });

  it("flips exactly", () => {
    const original = sample("a", 5);
    const { image, labels } = augment(original, createRandom(1), { ...OFF, flipChance: 1 });
    for (let i = 0; i < 25; i++) {
      const mirrored = Math.floor(i / 5) * 5 + 4 - (i % 5);
      expect(image.data[i]).toBeCloseTo(original.image.data[mirrored], 6);
      expect(labels?.data[i]).toBe(original.labels?.data[mirrored]);
    }
  });

  it("moves image and labels together and never blends labels", () => {
    fc.assert(
      fc.property(fc.nat(10000), (seed) => {
        const geometry = { gamma: [1, 1], noise: 0, cutoutChance: 0 } as const;
        const { image, labels } = augment(sample("a"), createRandom(seed), geometry);
        // Labels are a step function of the image, so they must still match it within the slope of a pixel.
        let off = 0;
        image.data.forEach((v, i) => {
          const label = labels?.data[i] ?? 0;
          if (v * 3.99 < label - 0.35 || v * 3.99 > label + 1.35) off++;
        });
        expect(off).toBe(0);
        expect([...(labels?.data ?? [])].every((label) => label <= 3)).toBe(true);
      }),
      { numRuns: 60 },
    );
  });

  it("repeats the edges of image and labels alike, so that no lesion there loses its label", () => {
    const step = (i: number): number => (i % 20 < 10 ? 1 : 0);
    const edge: Sample = {
      ...{ id: "edge", group: "edge" },
      image: { height: 20, width: 20, data: Float32Array.from({ length: 400 }, (_, i) => step(i)) },
      labels: { height: 20, width: 20, data: Uint8Array.from({ length: 400 }, (_, i) => step(i)) },
    };
    for (let seed = 0; seed < 20; seed++) {
      const moved = { ...OFF, shift: 0.4, rotationDegrees: 30, scale: [0.5, 0.9] as const };
      const { image, labels } = augment(edge, createRandom(seed), moved);
      labels?.data.forEach((label, i) => {
        const grey = image.data[i];
        if (Math.abs(grey - 0.5) > 1e-4) expect(label).toBe(grey > 0.5 ? 1 : 0);
      });
    }
  });

  it("keeps grey in [0, 1]", () => {
    fc.assert(
      fc.property(fc.nat(10000), (seed) => {
        const { image } = augment(sample("a", 16), createRandom(seed), { noise: 0.5 });
        expect(image.data.every((v) => v >= 0 && v <= 1)).toBe(true);
      }),
      { numRuns: 60 },
    );
  });

  it("rejects an invalid range", () => {
    expect(() => augment(sample("a"), createRandom(1), { scale: [1.2, 0.8] })).toThrow(ConfigError);
    expect(() => augment(sample("a"), createRandom(1), { gamma: [0, 1] })).toThrow(/0 < low/);
    expect(DEFAULT_AUGMENTATION.verticalFlipChance).toBe(0);
  });
});

describe("intensity changes", () => {
  it("equals the power within 0.001", () => {
    for (const gamma of [0.7, 1.5]) {
      const grey = Float32Array.from({ length: 999 }, (_, i) => 0.01 + (0.99 * i) / 998);
      const changed = grey.slice();
      applyGamma(changed, gamma);
      changed.forEach((v, i) => expect(Math.abs(v - grey[i] ** gamma)).toBeLessThan(1e-3));
    }
  });

  it("adds noise with mean 0 and the given standard deviation", () => {
    const grey = new Float32Array(100000).fill(0.5);
    addNoise(grey, 0.05, 77);
    const mean = grey.reduce((a, b) => a + b, 0) / grey.length;
    const sd = Math.sqrt(grey.reduce((a, b) => a + (b - mean) ** 2, 0) / grey.length);
    expect(mean).toBeCloseTo(0.5, 3);
    expect(sd / 0.05).toBeCloseTo(1, 1);
  });
});

describe("paperCopies", () => {
  it("rotate as numpy.rot90 and scale about the centre, together with their labels", () => {
    const original: Sample = {
      ...{ id: "a", group: "g", image: { height: 2, width: 2, data: Float32Array.of(1, 2, 3, 4) } },
      labels: { height: 2, width: 2, data: Uint8Array.of(0, 1, 2, 3) },
    };
    const copies = paperCopies(original);
    expect(copies.map(({ augmentation }) => augmentation)).toEqual([
      ...["rotate90", "rotate180", "rotate270", "scale0.5", "scale1.5"],
    ]);
    expect(Array.from(copies[0].image.data)).toEqual([2, 4, 1, 3]);
    expect(Array.from(copies[1].image.data)).toEqual([4, 3, 2, 1]);
    expect(Array.from(copies[2].labels?.data ?? [])).toEqual([2, 0, 3, 1]);
    expect(copies.every(({ group }) => group === "g")).toBe(true);
    expect(() => paperCopies(copies[0])).toThrow(/a copy \(rotate90\)/);
  });

  it("are unchanged after four quarter turns", () => {
    let turned = sample("a", 7);
    for (let turn = 0; turn < 4; turn++) {
      const { id, group, image, labels } = paperCopies(turned)[0];
      turned = { id, group, image, labels };
    }
    expect(turned.image).toEqual(sample("a", 7).image);
  });

  it("have a quarter of the lesion if scaled by 0.5, and more of it if scaled by 1.5", () => {
    const area = (one: Sample) => one.labels?.data.filter((label) => label === 3).length ?? 0;
    const original = sample("a", 96);
    const [half, larger] = paperCopies(original).slice(3);
    expect(area(half) / area(original)).toBeCloseTo(0.25, 1);
    expect(area(larger) / area(original)).toBeCloseTo(2.25, 1);
  });
});

describe("createBatches", () => {
  const samples = Array.from({ length: 7 }, (_, i) => sample(`s${i}`, 16));
  const batches = (options: Partial<Parameters<typeof createBatches>[1]>) => [
    ...createBatches(samples, { batchSize: 3, ...options }),
  ];

  it("yields each sample once, with the rest in the last batch", () => {
    const all = batches({ shuffle: true, seed: 4 });
    expect(all.map(({ size }) => size)).toEqual([3, 3, 1]);
    expect(all.flatMap(({ ids }) => ids).sort()).toEqual(samples.map(({ id }) => id));
    expect(all[0].images).toHaveLength(3 * 256);
    expect(batches({ dropLast: true }).map(({ size }) => size)).toEqual([3, 3]);
    expect(batches({})[0].ids).toEqual(["s0", "s1", "s2"]);
  });

  it("is the same for the same seed and epoch, and different in the next epoch", () => {
    const options = { shuffle: true, seed: 4, augment: true };
    expect(batches({ ...options, epoch: 2 })).toEqual(batches({ ...options, epoch: 2 }));
    expect(batches({ ...options, epoch: 3 })[0].ids).not.toEqual(
      batches({ ...options, epoch: 2 })[0].ids,
    );
  });

  it("augments a sample the same way at any position", () => {
    const imageOf = (order: Sample[], id: string) => {
      for (const batch of createBatches(order, { batchSize: 2, seed: 8, augment: true })) {
        const at = batch.ids.indexOf(id);
        if (at >= 0) return Array.from(batch.images.subarray(at * 256, (at + 1) * 256));
      }
      return null;
    };
    const reversed = [...samples].reverse();
    expect(imageOf(samples, "s5")).toEqual(imageOf(reversed, "s5"));
    expect(imageOf(samples, "s5")).not.toEqual(imageOf(samples, "s4"));
  });

  it("draws a fraction of the pass for the classes in turn, however rare they are", () => {
    // One of 40 has class 2, ten have class 1, and 255 is not a class.
    const uneven = Array.from({ length: 40 }, (_, index) => {
      const plain = sample(`u${index}`, 4);
      const label = index === 0 ? 2 : index <= 10 ? 1 : index === 11 ? 255 : 0;
      return { ...plain, labels: { height: 4, width: 4, data: new Uint8Array(16).fill(label) } };
    });
    const drawn = (options: Partial<Parameters<typeof createBatches>[1]>) =>
      [
        ...createBatches(uneven, { batchSize: 4, shuffle: true, ignoreLabel: 255, ...options }),
      ].flatMap(({ ids }) => ids);
    const half = drawn({ oversampleForeground: 0.5 });
    expect(half).toHaveLength(40);
    // Ten of the twenty drawn samples are for class 2.
    expect(half.filter((id) => id === "u0").length).toBeGreaterThanOrEqual(10);
    expect(half.filter((id) => id === "u0").length).toBeLessThanOrEqual(11);
    const all = drawn({ oversampleForeground: 1 });
    expect(new Set(all.map((id) => Number(id.slice(1)) <= 10))).toEqual(new Set([true]));
    expect(all.filter((id) => id === "u0")).toHaveLength(20);
    expect(drawn({ oversampleForeground: 0 })).toEqual(drawn({}));
    expect(drawn({ oversampleForeground: 0.5 })).toEqual(half);
    expect(drawn({ oversampleForeground: 0.5, epoch: 1 })).not.toEqual(half);
    expect(() => drawn({ oversampleForeground: 1.5 })).toThrow(/a fraction in \[0, 1\], got 1.5/);
  });

  it("augments a sample that is drawn twice in two ways", () => {
    const pair = [sample("a", 16), { ...sample("b", 16), labels: null }];
    const [batch] = createBatches(pair, {
      ...{ batchSize: 2, seed: 3, augment: true, oversampleForeground: 1 },
    });
    expect(batch.ids).toEqual(["a", "a"]);
    expect(batch.images.slice(0, 256)).not.toEqual(batch.images.slice(256));
  });

  it("rejects samples of different sizes and an empty batch", () => {
    expect(() => [...createBatches([sample("a", 4), sample("b", 5)], { batchSize: 2 })]).toThrow(
      /b of 5 x 5/,
    );
    expect(() => batches({ batchSize: 0 })).toThrow(ConfigError);
  });
});
