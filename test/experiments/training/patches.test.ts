import { existsSync } from "node:fs";
import { join } from "node:path";
import * as tf from "@tensorflow/tfjs";
import { prepareSamples, restoreProbabilities } from "../../../src/data/prepare";
import { readDataset, readMaskPng } from "../../../src/data";
import { loadEngine } from "../../../src/engine/load";
import { presetConfig } from "../../../src/experiments/config/presets";
import type { TrainingOverrides } from "../../../src/experiments/config/trainingConfig";
import { predictCases } from "../../../src/experiments/evaluation/evaluateModel";
import { inferenceOptions } from "../../../src/experiments/evaluation/inferenceOptions";
import { predictFiles } from "../../../src/experiments/evaluation/predictFiles";
import { slidingWindowInference } from "../../../src/experiments/evaluation/slidingWindowInference";
import { explain } from "../../../src/experiments/explain/explain";
import { exportWebModel } from "../../../src/experiments/export/exportWebModel";
import { loadRun } from "../../../src/experiments/storage/runs";
import { buildModel } from "../../../src/experiments/training/buildModel";
import { fit } from "../../../src/experiments/training/fit";
import { fitSplit } from "../../../src/experiments/training/fitSplit";
import { pseudoLabels } from "../../../src/experiments/training/selfTraining";
import { trainRun } from "../../../src/experiments/training/trainRun";
import {
  deepEnsemble,
  monteCarloDropout,
} from "../../../src/experiments/uncertainty/predictUncertainty";
import { crossEntropy } from "../../../src/losses";
import { logitsModel } from "../../../src/models/logitsModel";
import { tempFolder } from "../../support/tempFolder";
import { writeImageFolder } from "../../support/imageFolder";
import { discDataset } from "../support/discDataset";
import { discSamples } from "../support/samples";

loadEngine();
const folder = tempFolder();
const dataset = discDataset(8, 24);
const configOf = (overrides: TrainingOverrides = {}) =>
  presetConfig("smoke", {
    ...{ size: 32, epochs: 2, compiled: false, batchSize: 2, loss: { name: "crossEntropy" } },
    ...{ model: { filters: 2, depth: 1 }, monitor: "validationLoss" },
    sampling: { patchSize: 16, oversampleForeground: 0.5 },
    inference: { overlap: 0.5, mode: "gaussian" },
    ...overrides,
  });
const config = configOf();
const windows = { roiSize: [16, 16], overlap: 0.5, mode: "gaussian" } as const;
const ids = dataset.cases.map(({ id }) => id);
const split = {
  fold: 0,
  seed: 1,
  train: ids.slice(0, 4),
  validation: ids.slice(4, 7),
  test: ids.slice(7),
};
const samples = prepareSamples(dataset, { size: 32 });

/** Logits of whole samples, from a network's windows as in MONAI. */
function wholeLogits(model: tf.LayersModel, data: readonly Float32Array[]): tf.Tensor4D {
  const logits = logitsModel(model);
  const images = tf.tensor4d(Float32Array.from(data.flatMap((one) => [...one])), [
    data.length,
    32,
    32,
    1,
  ]);
  return slidingWindowInference((cut) => logits.apply(cut) as tf.Tensor, images, windows);
}

describe("a training on patches", () => {
  const train = async (overrides: TrainingOverrides = {}, stops = Infinity, name = "none") => {
    const own = configOf(overrides);
    const model = buildModel("unet", own, 3);
    let asked = 0;
    const result = await fitSplit(model, samples, split, {
      ...{ config: own, checkpoint: join(folder, name), progress: false },
      shouldStop: () => ++asked > stops,
    });
    return { model, result };
  };
  const weightsOf = (model: tf.LayersModel) =>
    model.getWeights().map((weight) => [...weight.dataSync()]);

  it("is validated on whole samples, with windows", async () => {
    const { model, result } = await train({ epochs: 1 });
    expect(model.inputs[0].shape).toEqual([null, 16, 16, 1]);
    const held = samples.slice(4, 7);
    const logits = wholeLogits(
      model,
      held.map(({ image }) => image.data),
    );
    const labels = held.flatMap((sample) => [...(sample.labels?.data ?? [])]);
    const loss = crossEntropy()(tf.tensor(labels, [3, 32, 32], "int32"), logits).dataSync()[0];
    expect(result.records[0].validationLoss).toBeCloseTo(loss, 5);
  });

  it("resumes to the same weights, and to those of the compiled step", async () => {
    const whole = await train({}, Infinity, "whole");
    const stopped = await train({}, 3, "stopped");
    expect(stopped.result.ended).toBe("interrupted");
    const resumed = await train({}, Infinity, "stopped");
    expect(resumed.result.resumedAtStep).toBe(3);
    expect(weightsOf(resumed.model)).toEqual(weightsOf(whole.model));
    const compiled = await train({ compiled: true }, Infinity, "compiled");
    expect(compiled.result.records[1].validationLoss).toBeCloseTo(
      whole.result.records[1].validationLoss ?? NaN,
      3,
    );
  });

  it("does not resume from a checkpoint of other patches or of whole slices", async () => {
    await train({}, 1, "patches");
    await expect(
      train({ sampling: { patchSize: 32, oversampleForeground: 0.5 } }, 1, "patches"),
    ).rejects.toThrow(/a checkpoint with patchSize 32, got one with 16/);
    const large = { sampling: { patchSize: null, oversampleForeground: 0.5 } };
    await expect(train(large, 1, "patches")).rejects.toThrow(/patchSize none, got one with 16/);
  });

  it("rejects patches larger than the slices, before any work, and patches of tensors", async () => {
    const out = join(folder, "refused");
    const own = configOf({ sampling: { patchSize: 48 } });
    await expect(trainRun({ model: "unet", config: own, out, dataset })).rejects.toThrow(
      /config\.sampling\.patchSize: expected at most 32, the size that slices are resized to, got 48/,
    );
    expect(existsSync(out)).toBe(false);
    const model = buildModel("unet", config, 3);
    const options = { epochs: 1, progress: false } as const;
    await expect(
      fit(model, { train: discSamples(2, 8) }, { ...options, patchSize: 16 }),
    ).rejects.toThrow(/fit\.patchSize: expected at most 8, the side of the samples, got 16/);
    const tensors = { inputs: tf.zeros([1, 16, 16, 1]), labels: tf.zeros([1, 16, 16], "int32") };
    await expect(fit(model, { train: tensors }, { ...options, patchSize: 16 })).rejects.toThrow(
      /fit\.patchSize: expected none for tensors and generators, got 16/,
    );
    await expect(fit(model, { train: samples }, { ...options, slidingWindow: {} })).rejects.toThrow(
      /fit\.slidingWindow: expected a patchSize as well, got none/,
    );
  });
});

describe("a network that was trained on patches", () => {
  it.each(["none", "both"] as const)(
    "predicts by windows, with flips %s, and an ensemble",
    (flips) => {
      const models = [1, 2].map((seed) => buildModel("unet", configOf({ seed }), 3));
      const options = inferenceOptions(
        configOf({ inference: { overlap: 0.5, mode: "gaussian", flips } }),
      );
      expect(options.slidingWindow).toEqual({ size: 32, overlap: 0.5, mode: "gaussian" });
      const cases = dataset.cases.slice(0, 3);
      const axes = { none: [[]], both: [[], [2], [1], [1, 2]] }[flips];
      const means = tf.tidy(() => {
        const images = tf.tensor4d(
          Float32Array.from(samples.slice(0, 3).flatMap(({ image }) => [...image.data])),
          [3, 32, 32, 1],
        );
        const all = models.flatMap((model) =>
          axes.map((axis) => {
            const mirrored = tf.reverse(images, axis);
            const logits = wholeLogits(
              model,
              tf.split(mirrored, 3).map((one) => one.dataSync<"float32">()),
            );
            return tf.reverse(tf.softmax(logits), axis);
          }),
        );
        return tf.div(tf.addN(all), all.length).dataSync<"float32">();
      });
      const expected = cases.map((item, index) =>
        restoreProbabilities(
          {
            height: 32,
            width: 32,
            classes: 3,
            data: means.subarray(index * 3072, (index + 1) * 3072),
          },
          item,
        ),
      );
      for (const compiled of [false, true]) {
        const planes = predictCases(models, cases, { ...options, compiled });
        planes.forEach(({ data }, index) => {
          // Rounding may change a pixel where two classes are equally likely.
          const differing = data.filter((label, pixel) => label !== expected[index].data[pixel]);
          expect(differing.length).toBeLessThan(4);
          expect(new Set(data).size).toBeGreaterThan(1);
        });
      }
    },
  );

  it("rejects whole slices that would be accepted silently", () => {
    const model = buildModel("unet", config, 3);
    expect(() => predictCases(model, dataset.cases)).toThrow(
      /slidingWindow: expected slidingWindow: \{ size: 32 \}, .*got none.*inferenceOptions\(run\.record\.config\)/,
    );
    expect(() => predictCases(model, dataset.cases, { slidingWindow: { size: 8 } })).toThrow(
      /slidingWindow\.size: expected an integer of at least 16, .*got 8/,
    );
    expect(() =>
      predictCases(model, dataset.cases, { slidingWindow: { size: 32, overlap: 1 } }),
    ).toThrow(/overlap: expected a number in \[0, 1\)/);
    const whole = buildModel("unet", configOf({ sampling: { patchSize: 32 } }), 3);
    expect(predictCases(whole, dataset.cases.slice(0, 1))).toHaveLength(1);
  });

  it("is explained, and its uncertainty measured, only on images of its size", () => {
    const model = buildModel("unet", config, 3);
    const [{ image }] = samples;
    const size =
      /expected images of 16 x 16, as "\w+" takes them, got ".+" of 32 x 32\. .*cropPlane/;
    expect(() => explain(model, image, { query: [0, 0] })).toThrow(size);
    expect(() => deepEnsemble([model, model], samples)).toThrow(size);
    expect(() => monteCarloDropout(model, samples)).toThrow(size);
    expect(() => pseudoLabels([model], samples)).toThrow(size);
  });

  it("labels whole slices for a student", () => {
    const model = buildModel("unet", config, 3);
    const options = {
      minConfidence: 0,
      slidingWindow: { overlap: 0.5, mode: "gaussian" },
    } as const;
    const [{ labels }] = pseudoLabels([model], samples.slice(0, 1), options);
    const expected = tf.argMax(wholeLogits(model, [samples[0].image.data]), -1).dataSync();
    expect([...(labels?.data ?? [])]).toEqual([...expected]);
  });
});

describe("a run on patches", () => {
  it("is loaded, predicts files as it was scored, and is rejected for a web page", async () => {
    const out = join(folder, "run");
    const run = await trainRun({ model: "unet", config, out, dataset, split, progress: false });
    const loaded = await loadRun(out);
    const options = inferenceOptions(loaded.record.config);
    const planes = predictCases(loaded.models, run.testCases, options);
    expect(planes).toEqual(predictCases(run.models, run.testCases, options));
    await expect(exportWebModel(out, join(folder, "web"))).rejects.toThrow(
      /whole slices, got one on patches of 16 x 16, .*sampling\.patchSize=null/,
    );
    await writeImageFolder(join(folder, "scans"), discSamples(8, 24));
    const written = await predictFiles({
      ...{
        run: out,
        input: join(folder, "scans"),
        output: join(folder, "masks"),
        hasProgress: false,
      },
    });
    const scans = await readDataset(join(folder, "scans"), { keepsNeighboursTogether: false });
    const masks = predictCases(loaded.models, scans.cases, options);
    for (const [index, { output }] of written.entries()) {
      expect((await readMaskPng(output)).data).toEqual(masks[index].data);
    }
  });
});
