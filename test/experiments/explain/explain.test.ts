import * as tf from "@tensorflow/tfjs";
import { createRandom } from "../../../src/core/random";
import type { Plane } from "../../../src/data/types";
import { loadEngine } from "../../../src/engine/load";
import { attentionMaps } from "../../../src/experiments/explain/attentionMaps";
import { deletionTest } from "../../../src/experiments/explain/deletionTest";
import { explain } from "../../../src/experiments/explain/explain";
import { LSHAttention } from "../../../src/layers/LSHAttention";
import type { MultiHeadAttention } from "../../../src/layers/MultiHeadAttention";
import { attentionUnet } from "../../../src/models/attentionUnet";
import { captureCalls, layerPaths } from "../../../src/models/captureActivations";
import { mr } from "../../../src/models/residualAttentionUnet";
import { expectClose } from "../../support/close";

beforeAll(() => {
  loadEngine();
});

function noise(height: number, width: number, seed = 1): Plane<Float32Array> {
  const random = createRandom(seed);
  return {
    height,
    width,
    data: Float32Array.from({ length: height * width }, () => random.uniform()),
  };
}

const size = { inputShape: [16, 20, 1], numClasses: 3, filters: 16, depth: 2 } as const;
const sumOf = (data: Float32Array): number => data.reduce((sum, value) => sum + value, 0);

describe("attentionMaps", () => {
  it("maps what a pixel attends to: only positions that share a bucket with it in some round", () => {
    const model = mr({ ...size, bucketSize: 8 });
    const image = noise(16, 20);
    const { attention, buckets, gates } = attentionMaps(model, image, { query: [9, 14] });
    // Level 1 has two heads of 16 channels, level 0 one.
    expect(attention.map(({ layer, head }) => `${layer} ${head}`)).toEqual([
      "decoder1/attention 0",
      "decoder1/attention 1",
      "decoder0/attention 0",
    ]);
    expect(gates).toEqual([]);
    expect(buckets).toHaveLength(3 * 4);
    for (const { layer, head, weights } of attention) {
      const scale = layer === "decoder0/attention" ? 1 : 2;
      expect([weights.height, weights.width]).toEqual([16 / scale, 20 / scale]);
      expect(sumOf(weights.data)).toBeCloseTo(1, 4);
      const query = Math.floor(9 / scale) * weights.width + 14 / scale;
      const rounds = buckets.filter((map) => map.layer === layer && map.head === head);
      expect(rounds.map(({ round }) => round)).toEqual([0, 1, 2, 3]);
      let attended = 0;
      weights.data.forEach((weight, place) => {
        if (weight <= 1e-7) return;
        attended++;
        const isShared = rounds.some(({ buckets: { data } }) => data[place] === data[query]);
        expect(isShared).toBe(true);
      });
      expect(attended).toBeGreaterThan(3);
    }
  });

  it("reads a gate's alpha: the fraction of the skip connection that it passes", () => {
    const model = attentionUnet({ ...size, filters: 4 });
    const image = noise(16, 20);
    const { gates, attention } = attentionMaps(model, image, { query: [0, 0] });
    expect(attention).toEqual([]);
    expect(gates.map(({ layer }) => layer)).toEqual(["decoder1/gate", "decoder0/gate"]);
    tf.tidy(() => {
      const images = tf.tensor4d(image.data, [1, 16, 20, 1]);
      const call = captureCalls(model, ["decoder0/gate"], images)["decoder0/gate"];
      const [skip] = call.inputs[0].split(4, 3).map((channel) => channel.dataSync());
      const [gated] = call.outputs[0].split(4, 3).map((channel) => channel.dataSync());
      const wanted = Float32Array.from(skip, (value, at) => value * gates[1].weights.data[at]);
      expectClose(gated, wanted, 1e-5, "gated skip");
    });
  });

  it("reads multi-head attention: a row of the scores that the layer itself returns", () => {
    const model = mr({ ...size, attention: "multiHead", attentionLevels: [1] });
    const image = noise(16, 20);
    const { attention, buckets } = attentionMaps(model, image, { query: [9, 14] });
    expect(buckets).toEqual([]);
    tf.tidy(() => {
      const images = tf.tensor4d(image.data, [1, 16, 20, 1]);
      const [x] = captureCalls(model, ["decoder1/attention"], images)["decoder1/attention"].inputs;
      const layer = layerPaths(model).get("decoder1/attention") as MultiHeadAttention;
      const [, scores] = layer.call(x, { returnAttentionScores: true }) as tf.Tensor[];
      const rows = tf.reshape(scores, [2, 80, 80]);
      attention.forEach(({ head, weights }) => {
        const wanted = tf.slice(rows, [head, 4 * 10 + 7, 0], [1, 1, 80]).dataSync();
        expectClose(weights.data, wanted, 1e-5, `head ${head}`);
      });
    });
  });

  it("rejects a pixel outside and a layer without attention, and leaks no tensors", () => {
    const model = mr({ ...size, bucketSize: 8 });
    const image = noise(16, 20);
    expect(() => attentionMaps(model, image, { query: [16, 0] })).toThrow(
      "attentionMaps.query: expected a pixel of the 16 x 20 image, [row, column], got [16, 0]",
    );
    expect(() => attentionMaps(model, image, { query: [0, 0], layers: ["decoder0"] })).toThrow(
      'attentionMaps("mr").layers: expected attention layers: decoder1/attention, decoder0/attention, got "decoder0"',
    );
    const before = tf.memory().numTensors;
    attentionMaps(model, image, { query: [0, 0] });
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe("deletionTest", () => {
  /** The score is the mean grey of three cells of a 6 x 6 map on a 12 x 12 image. */
  const cells = [3, 20, 31];
  const map = (weight: (cell: number) => number): Plane<Float32Array> => ({
    height: 6,
    width: 6,
    data: Float32Array.from({ length: 36 }, (_, cell) => weight(cell)),
  });
  const bright: Plane<Float32Array> = {
    height: 12,
    width: 12,
    data: new Float32Array(144).fill(1),
  };
  const score = (images: readonly Plane<Float32Array>[]): number[] =>
    images.map(({ data }) => {
      const greys = cells.flatMap((cell) => {
        const first = 24 * Math.floor(cell / 6) + 2 * (cell % 6);
        return [data[first], data[first + 1], data[first + 12], data[first + 13]];
      });
      return greys.reduce((sum, grey) => sum + grey, 0) / greys.length;
    });
  const options = { fractions: [0, 1 / 36, 2 / 36, 3 / 36, 0.5], baseline: 0 } as const;

  it("finds that relevant cells matter", () => {
    const right = map((cell) => (cells.includes(cell) ? 1 + cell : 0));
    const { attended, random, advantage, wins, nearby } = deletionTest(
      score,
      bright,
      right,
      options,
    );
    expect(attended.scores.map((value) => Number(value.toFixed(4)))).toEqual([
      1, 0.6667, 0.3333, 0, 0,
    ]);
    // Trapezoids over fractions, then divided by their range.
    const area = ((1 + 2 / 3) / 2 + (2 / 3 + 1 / 3) / 2 + 1 / 3 / 2) / 36 / 0.5;
    expect(attended.area).toBeCloseTo(area, 6);
    expect(random.scores[4]).toBeCloseTo(0.5, 0);
    expect(advantage).toBeCloseTo(random.area - area, 6);
    expect(advantage).toBeGreaterThan(0.4);
    expect(wins).toBe(1);
    expect(nearby).toBeNull();
  });

  it("finds that a map of irrelevant cells has no effect", () => {
    const wrong = map((cell) => (cells.includes(cell) ? 0 : 1));
    const { advantage, wins } = deletionTest(score, bright, wrong, options);
    expect(advantage).toBeLessThan(0);
    expect(wins).toBeLessThan(0.5);
  });

  it("compares with cells at the same distances, and never deletes the pixel itself", () => {
    // Only nearby cells matter, so any cells as near have the same effect, and the map has no advantage.
    const ring = [7, 8, 9, 13, 15, 19, 20, 21];
    const nearScore = (images: readonly Plane<Float32Array>[]): number[] =>
      images.map(({ data }) => {
        expect(data[4 * 12 + 4]).toBe(1);
        const greys = ring.map((cell) => data[24 * Math.floor(cell / 6) + 2 * (cell % 6)]);
        return greys.reduce((sum, grey) => sum + grey, 0) / greys.length;
      });
    const near = map((cell) => (ring.includes(cell) ? 1 : 0));
    const record = deletionTest(nearScore, bright, near, { ...options, keep: [4, 5] });
    expect(record.advantage).toBeGreaterThan(0.2);
    expect(Math.abs(record.advantageNearby ?? 1)).toBeLessThan(0.05);
  });

  it("is the same for the same seed, and takes the mean grey by default", () => {
    const right = map((cell) => (cells.includes(cell) ? 1 : 0));
    const run = (seed: number) => deletionTest(score, bright, right, { ...options, seed });
    expect(run(3)).toEqual(run(3));
    expect(run(3).random).not.toEqual(run(4).random);
    // A uniform image does not change if pixels are replaced by its mean.
    const flat = deletionTest(score, bright, right, { fractions: options.fractions });
    expect(flat.attended.scores).toEqual([1, 1, 1, 1, 1]);
  });

  it.each<[string, Record<string, unknown>, string]>([
    ["an unknown option", { fraction: [0, 1] }, "deletionTest.fraction: expected one of fractions"],
    ["fractions that fall", { fractions: [0, 0.5, 0.2] }, "deletionTest.fractions"],
    ["fractions that do not begin at 0", { fractions: [0.1, 0.5] }, "deletionTest.fractions"],
    ["no repeats", { repeats: 0 }, "deletionTest.repeats"],
    ["a pixel outside", { keep: [12, 0] }, "deletionTest.keep"],
  ])("rejects %s", (_, wrong, message) => {
    expect(() =>
      deletionTest(
        score,
        bright,
        map(() => 1),
        wrong,
      ),
    ).toThrow(message);
  });

  it("rejects a map larger than the image, and one with NaN", () => {
    expect(() =>
      deletionTest(
        score,
        map(() => 1),
        bright,
      ),
    ).toThrow("deletionTest.map");
    expect(() =>
      deletionTest(
        score,
        bright,
        map(() => NaN),
      ),
    ).toThrow("expected finite weights");
  });
});

/**
 * A network whose prediction at a bright pixel depends only on the other bright pixels, by attention: keys
 * rotate with the grey value, values are the grey value.
 */
function brightNetwork(): tf.LayersModel {
  const input = tf.input({ shape: [8, 8, 1] });
  const attention = new LSHAttention({
    ...{ name: "attention", numHeads: 1, keyDim: 2, valueDim: 1, outputDim: 1 },
    ...{ bucketSize: 32, numHashes: 1, attendAcrossBuckets: true },
  });
  const head = tf.layers.conv2d({ name: "head", filters: 2, kernelSize: 1 });
  const outputs = head.apply(attention.apply(input)) as tf.SymbolicTensor;
  const model = tf.model({ inputs: input, outputs, name: "bright" });
  const set = (end: string, values: number[], shape: number[]): void => {
    const weight = model.weights.find(({ originalName }) => originalName.endsWith(end));
    weight?.write(tf.tensor(values, shape));
  };
  set("kernelQK", [20, -20], [1, 2]);
  set("biasQK", [0, 20], [2]);
  set("kernelV", [1], [1, 1]);
  set("kernelOut", [1], [1, 1]);
  set("head/kernel", [0, 10], [1, 1, 1, 2]);
  set("head/bias", [0, -5], [2]);
  return model;
}

describe("explain", () => {
  const brightPixels = [3, 14, 22, 33, 39, 48, 57, 60];
  const image: Plane<Float32Array> = {
    height: 8,
    width: 8,
    data: Float32Array.from({ length: 64 }, (_, pixel) =>
      brightPixels.includes(pixel) ? 0.9 : 0.1,
    ),
  };
  const query = [2, 6] as const; // pixel 22

  it("shows that the attended pixels matter if the prediction depends on them", () => {
    const { attention, deletion, label, probability } = explain(brightNetwork(), image, { query });
    expect(label).toBe(1);
    expect(probability).toBeGreaterThan(0.9);
    const { data } = attention[0].weights;
    const top = [...data.keys()].sort((a, b) => data[b] - data[a]).slice(0, 7);
    expect(top.sort((a, b) => a - b)).toEqual(brightPixels.filter((pixel) => pixel !== 22));
    const [{ layer, advantage, advantageNearby, wins, attended }] = deletion;
    expect(layer).toBe("attention");
    // With 10 or 20 % of the image deleted, all attended pixels are gone, and so is the class.
    expect(attended.scores[0]).toBeCloseTo(probability, 5);
    expect(attended.scores.at(-1)).toBeLessThan(0.2);
    expect(advantage).toBeGreaterThan(0.2);
    expect(advantageNearby).toBeGreaterThan(0.2);
    expect(wins).toBe(1);
  });

  it("tests gates and heads of a whole network, and leaks no tensors", () => {
    const model = attentionUnet({ ...size, filters: 4 });
    const run = () =>
      explain(model, noise(16, 20), { query: [3, 5], repeats: 2, fractions: [0, 0.5] });
    run();
    const before = tf.memory().numTensors;
    const { deletion, gates } = run();
    expect(tf.memory().numTensors).toBe(before);
    expect(deletion.map(({ layer }) => layer)).toEqual(gates.map(({ layer }) => layer));
    for (const { attended, random } of deletion) {
      expect([...attended.scores, ...random.scores].every((p) => p >= 0 && p <= 1)).toBe(true);
    }
  });

  it("rejects unknown options and a pixel outside", () => {
    const model = brightNetwork();
    expect(() => explain(model, image, { query, head: 1 } as never)).toThrow(/explain\.head/);
    expect(() => explain(model, image, { query: [8, 0] })).toThrow("explain.query");
    expect(() => explain(model, image, {} as never)).toThrow(/\[row, column\], got none/);
    expect(() => explain(model, image, { query, batchSize: 0 })).toThrow("explain.batchSize");
    const damaged = { ...image, data: image.data.map((grey, pixel) => (pixel === 9 ? NaN : grey)) };
    expect(() => explain(model, damaged, { query })).toThrow(
      'attentionMaps "image": expected finite pixels, got NaN in row 1, column 1',
    );
  });
});
