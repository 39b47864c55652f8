import * as tf from "@tensorflow/tfjs";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Plane, Sample } from "../../../src/data/types";
import { loadEngine } from "../../../src/engine/load";
import {
  deepEnsemble,
  monteCarloDropout,
} from "../../../src/experiments/uncertainty/predictUncertainty";
import type { UncertaintyRecord } from "../../../src/experiments/uncertainty/predictUncertainty";
import {
  reviewCurve,
  reviewOrder,
  uncertaintyReliability,
} from "../../../src/experiments/uncertainty/reviewOrder";
import { uncertaintyOf } from "../../../src/experiments/uncertainty/uncertaintyOf";
import { MultiHeadAttention } from "../../../src/layers/MultiHeadAttention";
import { fcn8s } from "../../../src/models/fcn8s";
import { unet } from "../../../src/models/unet";
import { expectClose } from "../../support/close";
import { discSamples } from "../support/samples";

beforeAll(() => {
  loadEngine();
});

interface Golden {
  readonly members: readonly number[][];
  readonly labels: readonly number[];
  readonly numClasses: number;
  readonly mean: number[];
  readonly entropy: number[];
  readonly expectedEntropy: number[];
  readonly mutualInformation: number[];
  readonly calibration: { readonly l1: number; readonly max: number };
}

const golden = JSON.parse(
  readFileSync(join(__dirname, "../../golden/uncertainty.json"), "utf8"),
) as Golden;
const plane = <T extends Float32Array | Uint8Array>(data: T): Plane<T> => ({
  ...{ height: 1, width: data.length, data },
});

describe("uncertaintyOf", () => {
  it("equals SciPy's entropies", () => {
    const members = golden.members.map((member) => Float32Array.from(member));
    const found = uncertaintyOf(members, golden.numClasses);
    for (const name of ["mean", "entropy", "expectedEntropy", "mutualInformation"] as const) {
      expectClose(found[name], golden[name], 1e-5, name);
    }
    expect(found.mutualInformation[0]).toBeLessThan(1e-7);
  });

  it("finds no disagreement among equal members", () => {
    const member = Float32Array.of(0.2, 0.3, 0.5, 0.1, 0.1, 0.8);
    const { entropy, mutualInformation } = uncertaintyOf([member, member, member], 3);
    expect([...mutualInformation].every((value) => value < 1e-7)).toBe(true);
    expect(entropy[0]).toBeCloseTo(
      -0.2 * Math.log(0.2) - 0.3 * Math.log(0.3) - 0.5 * Math.log(0.5),
    );
  });

  it.each([
    ["none", []],
    ["other lengths", [new Float32Array(6), new Float32Array(3)]],
    ["half a voxel", [new Float32Array(4)]],
    ["NaN, whose entropy would be 0", [Float32Array.of(NaN, 0, 1)]],
    ["scores", [Float32Array.of(2, -1, 0.5)]],
  ])("rejects %s", (_, members) => {
    expect(() => uncertaintyOf(members, 3)).toThrow("uncertaintyOf.members");
  });
});

describe("uncertaintyReliability", () => {
  it("equals torchmetrics' calibration error of the mean, over cases too", () => {
    const { numClasses } = golden;
    const half = golden.labels.length / 2;
    const cases = [0, 1].map((part) => {
      const voxels = golden.labels.slice(part * half, (part + 1) * half);
      const probabilities = Float32Array.from(
        golden.mean.slice(part * half * numClasses, (part + 1) * half * numClasses),
      );
      const id = `case ${part}`;
      const labels = plane(new Uint8Array(half));
      const record = { id, numClasses, probabilities, labels } as UncertaintyRecord;
      const sample = { id, labels: plane(Uint8Array.from(voxels)) } as Sample;
      return { record, sample };
    });
    const found = uncertaintyReliability(
      cases.map(({ record }) => record),
      cases.map(({ sample }) => sample),
    );
    expect(found.total).toBe(60);
    expect(found.expectedError).toBeCloseTo(golden.calibration.l1, 5);
    expect(found.maximumError).toBeCloseTo(golden.calibration.max, 5);
  });

  it("rejects another slice's labels", () => {
    const record = { id: "a", labels: plane(new Uint8Array(2)) } as UncertaintyRecord;
    const sample = { id: "b", labels: plane(new Uint8Array(2)) } as Sample;
    expect(() => uncertaintyReliability([record], [sample])).toThrow(
      'uncertaintyReliability: expected labels of "a", in the order and size of the records, got sample "b"',
    );
    expect(() => uncertaintyReliability([record], [])).toThrow("got no sample");
  });
});

const size = { inputShape: [16, 16, 1], numClasses: 3, filters: 4, depth: 2 } as const;
const samples = discSamples(3, 16);

/** The model's probabilities of one sample. */
function softmaxOf(model: tf.LayersModel, { image }: Sample): Float32Array {
  return tf.tidy(() =>
    (model.predict(tf.tensor4d(image.data, [1, 16, 16, 1])) as tf.Tensor).dataSync(),
  ) as Float32Array;
}

describe("deepEnsemble", () => {
  const models = [1, 2, 3].map((seed) => () => unet({ ...size, seed }));

  it("gives each slice the members' mean probabilities and the measures derived from them", () => {
    const members = models.map((make) => make());
    const records = deepEnsemble(members, samples, { batchSize: 2 });
    expect(records.map(({ id, members: count }) => [id, count])).toEqual(
      samples.map(({ id }) => [id, 3]),
    );
    samples.forEach((sample, index) => {
      const own = members.map((model) => softmaxOf(model, sample));
      const wanted = uncertaintyOf(own, 3);
      const { probabilities, entropy, mutualInformation, labels, errorChance } = records[index];
      expectClose(probabilities, wanted.mean, 1e-5, "mean");
      expectClose(entropy.data, wanted.entropy, 1e-4, "entropy");
      expectClose(mutualInformation.data, wanted.mutualInformation, 1e-3, "mutual information");
      labels.data.forEach((label, pixel) => {
        const all = probabilities.subarray(3 * pixel, 3 * pixel + 3);
        expect(all[label]).toBe(Math.max(...all));
        expect(errorChance.data[pixel]).toBeCloseTo(1 - all[label], 6);
      });
    });
  });

  it("rejects images that are incomplete or not finite", () => {
    const members = [models[0](), models[1]()];
    const [sample] = samples;
    const withPixels = (data: Float32Array) => [{ ...sample, image: { ...sample.image, data } }];
    const { data } = sample.image;
    expect(() => deepEnsemble(members, withPixels(data.slice(1)))).toThrow(
      `predict "${sample.id}": expected ${data.length} pixels`,
    );
    const damaged = Float32Array.from(data);
    damaged[sample.image.width + 2] = NaN;
    expect(() => deepEnsemble(members, withPixels(damaged))).toThrow(
      `predict "${sample.id}": expected finite pixels, got NaN in row 1, column 2`,
    );
  });

  it("rejects one model, models of other classes, and unknown options", () => {
    expect(() => deepEnsemble([models[0]()], samples)).toThrow("expected at least two, got 1");
    const other = unet({ ...size, numClasses: 2 });
    expect(() => deepEnsemble([models[0](), other], samples)).toThrow(
      "deepEnsemble.models: expected models of 3 classes, as the first, got one of 2",
    );
    expect(() => deepEnsemble([other, other], samples, { draws: 2 } as never)).toThrow(
      "deepEnsemble.draws",
    );
  });
});

describe("monteCarloDropout", () => {
  const inject = { rate: 0.4, layers: ["bridge", "decoder1/block"] };

  it("uses only dropout: batch norms, weights and random states are unchanged", () => {
    const model = fcn8s({ inputShape: [16, 16, 1], numClasses: 3, filters: 4, denseFilters: 16 });
    // Scores are initially zero, whatever is dropped.
    const score = model.weights.find(({ originalName }) => originalName === "fusion4/kernel");
    const weights = (): number[][] => model.getWeights().map((weight) => [...weight.dataSync()]);
    expect(score).toBeDefined();
    const before = weights();
    const output = softmaxOf(model, samples[0]);
    const run = (seed: number) => monteCarloDropout(model, samples, { draws: 4, seed });
    const [one, same, other] = [run(1), run(1), run(2)];
    expect(weights()).toEqual(before);
    expect(softmaxOf(model, samples[0])).toEqual(output);
    expect(same).toEqual(one);
    expect(other[0].probabilities).not.toEqual(one[0].probabilities);
    expect(Math.max(...one[0].mutualInformation.data)).toBeGreaterThan(1e-6);
  });

  it("applies the dropout of attention, by seed", () => {
    const input = tf.input({ shape: [6, 6, 1] });
    const attention = new MultiHeadAttention({
      numHeads: 2,
      keyDim: 3,
      outputDim: 4,
      dropout: 0.5,
    });
    const head = tf.layers.conv2d({ filters: 2, kernelSize: 1 });
    const outputs = head.apply(attention.apply(input)) as tf.SymbolicTensor;
    const model = tf.model({ inputs: input, outputs });
    const small = discSamples(1, 6);
    const run = (seed: number) => monteCarloDropout(model, small, { draws: 3, seed })[0];
    const state = (): number[] => [...model.weights[model.weights.length - 1].read().dataSync()];
    const before = model.getWeights().map((weight) => [...weight.dataSync()]);
    expect(run(1)).toEqual(run(1));
    expect(run(1).probabilities).not.toEqual(run(2).probabilities);
    expect(model.getWeights().map((weight) => [...weight.dataSync()])).toEqual(before);
    expect(state()).toBeDefined();
  });

  it("inserts dropout after layers of a network trained without it", () => {
    const model = unet(size);
    const plain = softmaxOf(model, samples[0]);
    const few = monteCarloDropout(model, samples, { draws: 2, inject });
    const many = monteCarloDropout(model, samples, { draws: 40, inject });
    expect(Math.max(...few[0].mutualInformation.data)).toBeGreaterThan(1e-5);
    // Draws scatter about the network's prediction; with more draws their mean is closer to it.
    const distance = (record: UncertaintyRecord): number =>
      record.probabilities.reduce((sum, value, at) => sum + Math.abs(value - plain[at]), 0);
    expect(distance(many[0])).toBeLessThan(distance(few[0]));
    expect(softmaxOf(model, samples[0])).toEqual(plain);
  });

  it("leaks no tensors", () => {
    const model = unet(size);
    const run = () => monteCarloDropout(model, samples, { draws: 3, inject });
    run();
    const before = tf.memory().numTensors;
    run();
    expect(tf.memory().numTensors).toBe(before);
  });

  it.each<[string, Record<string, unknown>, string]>([
    ["no dropout", {}, "expected a model with dropout, got one without"],
    ["one draw", { draws: 1, inject }, "monteCarloDropout.draws"],
    ["a rate of one", { inject: { rate: 1, layers: ["bridge"] } }, "monteCarloDropout.inject.rate"],
    ["an unknown layer", { inject: { rate: 0.5, layers: ["brigde"] } }, 'got "brigde"'],
    ["no layers", { inject: { rate: 0.5, layers: [] } }, "expected at least one layer"],
    ["an unknown option", { samples: 3 }, "monteCarloDropout.samples"],
    ["a batch of none", { inject, batchSize: 0 }, "uncertainty.batchSize"],
  ])("rejects %s", (_, options, message) => {
    expect(() => monteCarloDropout(unet(size), samples, options)).toThrow(message);
  });

  it("rejects tfjs' own dropout, whose masks repeat or cannot be repeated", () => {
    const layers = [
      tf.layers.conv2d({ filters: 3, kernelSize: 1, inputShape: [16, 16, 1] }),
      tf.layers.dropout({ name: "drop", rate: 0.5 }),
    ];
    expect(() => monteCarloDropout(tf.sequential({ layers }), samples)).toThrow(
      `expected SeededDropout, whose masks depend on a seed alone, got tfjs' own dropout in "drop"`,
    );
  });
});

/** A record of a 4 x 5 slice with given error probabilities. */
function drawn(id: string, rows: string[], wrong: string[]): [UncertaintyRecord, Sample] {
  const height = rows.length;
  const width = rows[0].length;
  const grid = { height, width };
  const errorChance = { ...grid, data: Float32Array.from(rows.join(""), (c) => Number(c) / 10) };
  const labels = { ...grid, data: new Uint8Array(height * width) };
  const truth = { ...grid, data: Uint8Array.from(wrong.join(""), (c) => Number(c === "x")) };
  const record = { id, errorChance, labels } as unknown as UncertaintyRecord;
  return [record, { id, labels: truth } as Sample];
}

describe("reviewOrder", () => {
  const [calm] = drawn("calm", ["00000", "01000", "00000", "00000"], []);
  const [busy] = drawn("busy", ["90000", "09000", "00000", "00045"], []);

  it("puts slices with more errors first, and finds the regions", () => {
    const order = reviewOrder([calm, busy], { share: 0.2 });
    expect(order.map(({ id, index }) => [id, index])).toEqual([
      ["busy", 1],
      ["calm", 0],
    ]);
    expect(order[0].score).toBeCloseTo(2.7, 5);
    const [first, second] = order[0].regions;
    expect(first).toMatchObject({ rows: [0, 1], columns: [0, 1], pixels: 2 });
    expect(first.score).toBeCloseTo(1.8, 5);
    expect(second).toMatchObject({ rows: [3, 3], columns: [3, 4], pixels: 2 });
    // If only one pixel is uncertain, there is one region, not one of all pixels with 0.
    expect(order[1].regions).toMatchObject([{ rows: [1, 1], columns: [1, 1], pixels: 1 }]);
    expect(reviewOrder([busy], { share: 0.2, regions: 1 })[0].regions).toHaveLength(1);
  });

  it.each<[string, Record<string, unknown>, string]>([
    ["a measure that there is not", { by: "variance" }, "reviewOrder.by"],
    ["a share of none", { share: 0 }, "reviewOrder.share"],
    ["half a region", { regions: 0.5 }, "reviewOrder.regions"],
    ["an unknown option", { top: 3 }, "reviewOrder.top"],
  ])("rejects %s", (_, options, message) => {
    expect(() => reviewOrder([calm], options)).toThrow(message);
  });
});

describe("reviewCurve", () => {
  it("gives the fraction of errors by slice, compared with the best order", () => {
    const pairs = [
      drawn("one", ["900"], ["x.."]),
      drawn("three", ["100"], ["xxx"]),
      drawn("none", ["500"], ["..."]),
    ];
    const records = pairs.map(([record]) => record);
    const order = reviewOrder(records);
    expect(order.map(({ id }) => id)).toEqual(["one", "none", "three"]);
    const curve = reviewCurve(
      order,
      records,
      pairs.map(([, sample]) => sample),
    );
    expect(curve).toEqual({
      slices: [0, 1, 2, 3],
      found: [0, 0.25, 0.25, 1],
      ideal: [0, 0.75, 1, 1],
      area: (0.125 + 0.25 + 0.625) / 3,
      idealArea: (0.375 + 0.875 + 1) / 3,
    });
  });

  it("rejects predictions without an error, and samples in another order", () => {
    const [record, sample] = drawn("a", ["12"], [".."]);
    const order = reviewOrder([record]);
    expect(() => reviewCurve(order, [record], [sample])).toThrow("got predictions without errors");
    const other = { ...sample, id: "b" };
    expect(() => reviewCurve(order, [record], [other])).toThrow('got sample "b"');
  });
});
