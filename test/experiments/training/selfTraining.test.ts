import * as tf from "@tensorflow/tfjs";
import type { Sample } from "../../../src/data/types";
import { loadEngine } from "../../../src/engine/load";
import type { FitOptions } from "../../../src/experiments/training/fitOptions";
import { pseudoLabels, selfTrain } from "../../../src/experiments/training/selfTraining";
import { transferWeights } from "../../../src/experiments/training/transferWeights";
import { unet } from "../../../src/models/unet";
import { discSamples } from "../support/samples";
import { tinySegmenter } from "../support/tinySegmenter";

loadEngine();
const quiet: FitOptions = {
  epochs: 4,
  progress: false,
  compiled: false,
  optimizer: { name: "adam", learningRate: 0.03 },
};
const samples = discSamples(6, 11);

/** A network whose most likely class depends only on the grey value, with given scores. */
function greyNetwork(scale: number): tf.LayersModel {
  const conv = tf.layers.conv2d({ filters: 2, kernelSize: 1, inputShape: [2, 2, 1] });
  const model = tf.sequential({ layers: [conv] });
  model.setWeights([tf.tensor4d([0, scale], [1, 1, 1, 2]), tf.tensor1d([0, -scale / 2])]);
  return model;
}

function square(id: string, greys: number[], labels: number[] | null = null): Sample {
  const plane = { height: 2, width: 2 };
  return {
    ...{ id, group: id },
    image: { ...plane, data: Float32Array.from(greys) },
    labels: labels && { ...plane, data: Uint8Array.from(labels) },
  };
}

describe("pseudoLabels", () => {
  it("labels confident pixels, leaves the rest at 255, and ignores existing labels", () => {
    // The scores differ by 10 (grey − 0.5), so the confidence is 0.9 above grey 0.72 and below 0.28.
    const slices = [
      square("mixed", [0, 0.3, 0.71, 1], [1, 1, 1, 1]),
      square("unsure", [0.5, 0.6, 0.4, 0.5]),
    ];
    const labelled = pseudoLabels([greyNetwork(10)], slices);
    expect(labelled.map(({ id }) => id)).toEqual(["mixed"]);
    expect([...(labelled[0].labels?.data ?? [])]).toEqual([0, 255, 255, 1]);
    expect(labelled[0].image).toBe(slices[0].image);
    const all = pseudoLabels([greyNetwork(10)], slices, { minConfidence: 0 });
    expect(all.map(({ labels }) => [...(labels?.data ?? [])])).toEqual([
      [0, 0, 1, 1],
      [0, 1, 0, 0],
    ]);
  });

  it("averages several teachers, which are not confident where they differ", () => {
    const slices = [square("a", [0, 0, 1, 1])];
    expect(pseudoLabels([greyNetwork(20), greyNetwork(-20)], slices)).toEqual([]);
    expect(pseudoLabels([greyNetwork(20), greyNetwork(20)], slices)).toHaveLength(1);
  });

  it.each<[string, Record<string, unknown>, string]>([
    ["a confidence above 1", { minConfidence: 1.5 }, "pseudoLabels.minConfidence"],
    ["a batch of none", { batchSize: 0 }, "pseudoLabels.batchSize"],
    ["an unknown option", { threshold: 0.5 }, "pseudoLabels.threshold"],
  ])("rejects %s", (_, options, message) => {
    expect(() => pseudoLabels([greyNetwork(1)], [], options)).toThrow(message);
  });

  it("rejects an empty list of teachers", () => {
    expect(() => pseudoLabels([], [])).toThrow("pseudoLabels.teachers: expected at least one");
  });
});

describe("selfTrain", () => {
  it("warns if the teacher is confident nowhere", async () => {
    const warn = jest.spyOn(console, "warn").mockImplementation(() => undefined);
    const data = { labelled: samples.slice(0, 2), unlabelled: samples.slice(2) };
    const options = { minConfidence: 1, fit: { ...quiet, epochs: 1 } };
    const [, student] = await selfTrain((round) => tinySegmenter(11, round), data, options);
    expect(student.pseudoLabelled).toBe(0);
    expect(warn.mock.calls.join()).toContain(
      "no pixel of the 4 unlabelled slices reaches the teacher's minConfidence of 1",
    );
    warn.mockRestore();
  });

  it("trains each student with the one before, from fresh weights", async () => {
    const made: number[] = [];
    const unlabelled = samples.slice(2).map((sample) => ({ ...sample, labels: null }));
    const trained = await selfTrain(
      (round) => {
        made.push(round);
        return tinySegmenter(11, round);
      },
      { labelled: samples.slice(0, 2), unlabelled },
      { rounds: 2, minConfidence: 0.4, fit: quiet },
    );
    expect(made).toEqual([0, 1, 2]);
    expect(trained.map(({ pseudoLabelled }) => pseudoLabelled)).toEqual([0, 4, 4]);
    // Two slices are one batch of four; six are two.
    expect(trained.map(({ result }) => result.steps)).toEqual([4, 8, 8]);
  });

  it("stops if a training is stopped", async () => {
    let asked = 0;
    const data = { labelled: samples.slice(0, 2), unlabelled: samples.slice(2) };
    const stop = { ...quiet, shouldStop: () => asked++ === 5 };
    const trained = await selfTrain(() => tinySegmenter(11), data, { rounds: 3, fit: stop });
    expect(trained.map(({ result }) => result.ended)).toEqual(["completed", "interrupted"]);
  });

  it("rejects validation slices among the unlabelled, zero rounds, and unknown options", async () => {
    const make = () => tinySegmenter(11);
    const data = { labelled: samples.slice(0, 2), unlabelled: samples.slice(2) };
    await expect(
      selfTrain(make, { ...data, validation: samples.slice(5) }, { fit: quiet }),
    ).rejects.toThrow(
      'selfTrain.unlabelled: expected no group of the validation, got "disc-5" of group "disc-5"',
    );
    await expect(selfTrain(make, data, { rounds: 0, fit: quiet })).rejects.toThrow(
      "selfTrain.rounds",
    );
    const unknown = { fit: quiet, round: 1 } as never;
    await expect(selfTrain(make, data, unknown)).rejects.toThrow("selfTrain.round");
  });
});

describe("transferWeights", () => {
  const make = (numClasses: number, seed: number, filters = 4) =>
    unet({ inputShape: [16, 16, 1], numClasses, filters, depth: 2, seed });

  it("copies all weights except a head for another number of classes", () => {
    const from = make(4, 1);
    const to = make(3, 2);
    const before = new Map(
      to.weights.map((weight) => [weight.originalName, [...weight.read().dataSync()]]),
    );
    const { copied, kept } = transferWeights(from, to);
    expect(kept).toEqual(["logits/kernel", "logits/bias"]);
    expect(copied).toHaveLength(to.weights.length - 2);
    to.weights.forEach((weight, index) => {
      const wanted = kept.includes(weight.originalName)
        ? before.get(weight.originalName)
        : [...from.weights[index].read().dataSync()];
      expect([...weight.read().dataSync()]).toEqual(wanted);
    });
    // The weights are copies, so training one network does not change the other.
    (to.weights[0].read() as tf.Variable).assign(tf.zerosLike(to.weights[0].read()));
    expect([...from.weights[0].read().dataSync()].some((value) => value !== 0)).toBe(true);
  });

  it("rejects networks that have nothing in common", () => {
    expect(() => transferWeights(tinySegmenter(16), make(2, 1))).toThrow(
      'transferWeights("tiny" to "unet"): expected networks with weights of the same names and shapes',
    );
  });
});
