import * as tf from "@tensorflow/tfjs";
import { CLASS_NAMES } from "../../../src/data";
import type { SliceCase } from "../../../src/data";
import { loadEngine } from "../../../src/engine/load";
import {
  evaluateModel,
  predictCases,
  scorePredictions,
} from "../../../src/experiments/evaluation/evaluateModel";

loadEngine();

/** A "network" that predicts class 1 for every pixel brighter than half grey. */
function threshold(size: number): tf.LayersModel {
  const input = tf.input({ shape: [size, size, 1] });
  const logits = tf.layers
    .conv2d({
      filters: 3,
      kernelSize: 1,
      name: "logits",
      weights: [tf.tensor4d([0, 10, -9], [1, 1, 1, 3]), tf.tensor1d([0, -5, -99])],
    })
    .apply(input) as tf.SymbolicTensor;
  const output = tf.layers.softmax({ name: "softmax" }).apply(logits) as tf.SymbolicTensor;
  return tf.model({ inputs: input, outputs: output });
}

/** A slice whose columns from `edge` on are bright, of any size. */
function halfBright(id: string, height: number, width: number, edge: number): SliceCase {
  const isBright = (pixel: number) => pixel % width >= edge;
  const pixels = Array.from({ length: height * width }, (_, pixel) => isBright(pixel));
  return {
    id,
    group: id,
    image: { height, width, data: Float32Array.from(pixels, (bright) => (bright ? 255 : 0)) },
    labels: { height, width, data: Uint8Array.from(pixels, Number) },
    unit: "grey8",
    spacingMm: null,
  };
}

// Twice the network's size, half of it, and a third one that leaves a batch of two incomplete.
const cases = [halfBright("a", 16, 16, 8), halfBright("b", 4, 4, 2), halfBright("c", 24, 8, 4)];

describe("predictCases", () => {
  it.each([false, true])("gives each slice labels on its own grid, compiled: %s", (compiled) => {
    const planes = predictCases(threshold(8), cases, { batchSize: 2, compiled });
    planes.forEach((plane, index) => expect(plane).toEqual(cases[index].labels));
  });

  it("uses no more memory for a batch than the cases need", () => {
    const planes = predictCases(threshold(8), cases, { batchSize: 1e9 });
    planes.forEach((plane, index) => expect(plane).toEqual(cases[index].labels));
  });

  it("supports an ensemble and mirrored copies", () => {
    const members = [threshold(8), threshold(8)];
    const planes = predictCases(members, cases, { batchSize: 2, flips: "both" });
    planes.forEach((plane, index) => expect(plane).toEqual(cases[index].labels));
    expect(() => predictCases([], cases)).toThrow(
      /at least one model, all with the same input size, got none/,
    );
    expect(() => predictCases([threshold(8), threshold(4)], cases)).toThrow(/got 8, 4/);
  });

  it.each([
    ["flips", "vertical", /^predictCases.flips: expected none or horizontal or both, got vertical/],
    ["batchSize", 0, /^predictCases.batchSize: expected an integer of at least 1, got 0/],
    ["batchSize", 1.5, /^predictCases.batchSize: .*, got 1.5/],
    ["flip", "both", /^predictCases.flip: expected one of .*, got an unknown option/],
    ["decoding", "rankdice", /^predictCases.decoding: expected argmax or rankDice, got rankdice/],
  ])("rejects %s that there are not", (name, value, message) => {
    expect(() => predictCases(threshold(8), cases, { [name]: value })).toThrow(message);
  });

  it("reports progress, and leaks no tensors", () => {
    const model = threshold(8);
    predictCases(model, cases, { compiled: true });
    const before = tf.memory().numTensors;
    const seen: number[] = [];
    predictCases(model, cases, {
      batchSize: 2,
      compiled: true,
      onProgress: (done) => seen.push(done),
    });
    expect(seen).toEqual([2, 3]);
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe("evaluateModel", () => {
  it("scores on the slices' own grids", () => {
    // The network's 8 columns cannot represent an edge after column 5 of 16 exactly.
    const odd = halfBright("odd", 16, 16, 5);
    const { records, summary } = evaluateModel(threshold(8), [cases[0], odd], {
      classNames: CLASS_NAMES.slice(0, 3),
    });
    expect(records[0].classes[1].dice).toBe(1);
    // Area averaging makes column 2 (pixels 4 and 5) half grey, probability one half. Between
    // it and its neighbours probabilities are blended: pixel 4 falls below, pixel 5 above half.
    expect(records[1].classes[1].dice).toBe(1);
    expect(summary.cases).toBe(2);
  });

  it("takes class names from a data set, and rejects unknown options", () => {
    const dataset = {
      ...{ name: "halves", classNames: CLASS_NAMES.slice(0, 3), cases, grid: null },
      patients: "known" as const,
    };
    expect(evaluateModel(threshold(8), cases, dataset).records).toHaveLength(3);
    const masks = predictCases(threshold(8), cases);
    expect(scorePredictions(cases, masks, dataset)).toEqual(
      scorePredictions(cases, masks, dataset.classNames),
    );
    const misspelt = { classNames: dataset.classNames, batchsize: 2 };
    expect(() => evaluateModel(threshold(8), cases, misspelt)).toThrow(
      /evaluateModel.batchsize: expected one of/,
    );
  });

  it("rejects fewer predictions than cases", () => {
    expect(() => scorePredictions(cases, [], CLASS_NAMES)).toThrow(
      /scorePredictions.predictions: expected one for each of the 3 cases, got 0/,
    );
  });

  it("rejects a slice without a mask", () => {
    const unlabelled = { ...cases[0], labels: null };
    expect(() =>
      evaluateModel(threshold(8), [unlabelled], { classNames: CLASS_NAMES.slice(0, 2) }),
    ).toThrow(/evaluate\("a"\): expected a mask/);
  });
});
