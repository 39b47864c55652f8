import * as tf from "@tensorflow/tfjs";
import { ConfigError, DataError } from "../../../src/core/errors";
import { prepareSamples } from "../../../src/data/prepare";
import type { Sample } from "../../../src/data/types";
import { loadEngine } from "../../../src/engine/load";
import { fit } from "../../../src/experiments/training/fit";
import type { Examples, FitData, LabelledTensors } from "../../../src/experiments/training/fitData";
import type { FitOptions } from "../../../src/experiments/training/fitOptions";
import { crossEntropy } from "../../../src/losses";
import { unet } from "../../../src/models/unet";
import { discSamples } from "../support/samples";
import { tinySegmenter } from "../support/tinySegmenter";

loadEngine();
const train = discSamples(4, 9);
const quiet: FitOptions = { epochs: 2, progress: false, compiled: false };

/** The error that a training throws, before any weight has changed. */
async function refusal(
  data: FitData,
  options: Record<string, unknown> = {},
  model = tinySegmenter(9),
): Promise<Error> {
  const before = model.getWeights().map((weight) => [...weight.dataSync()]);
  const error: unknown = await fit(model, data, { ...quiet, ...options }).then(
    () => "it trained",
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(Error);
  expect(model.getWeights().map((weight) => [...weight.dataSync()])).toEqual(before);
  return error as Error;
}

/** Samples with one pixel changed in one of them. */
function spoiled(index: number, pixel: number, value: number, part: "image" | "labels"): Sample[] {
  return train.map((sample, each) => {
    const plane = sample[part];
    if (each !== index || plane === null) return sample;
    const data = plane.data.slice();
    data[pixel] = value;
    return { ...sample, [part]: { ...plane, data } };
  });
}

describe("options that fit rejects, in JavaScript too", () => {
  it.each<[string, Record<string, unknown>, string]>([
    ["an unknown name", { epoch: 3 }, "epochs"],
    ["no epochs", { epochs: 0 }, "fit.epochs: expected a number > 0, got 0"],
    ["half an epoch", { epochs: 2.5 }, "fit.epochs: expected an integer, got 2.5"],
    ["a batch of none", { batchSize: 0 }, "fit.batchSize: expected a number > 0, got 0"],
    ["a text for a number", { batchSize: "4" }, 'fit.batchSize: expected a number, got "4"'],
    ["a seed below 0", { seed: -1 }, "fit.seed"],
    ["an unknown loss", { loss: { name: "hinge" } }, "crossEntropy"],
    ["an option that no loss has", { loss: { name: "dice", gamma: 2 } }, "fit.loss"],
    [
      "a negative class weight",
      { loss: { name: "dice", classWeights: [1, -1, 1] } },
      "fit.loss.classWeights.1",
    ],
    ["too few class weights", { loss: { name: "dice", classWeights: [1, 1] } }, "3 weights"],
    [
      "a loss on probabilities",
      { loss: crossEntropy({ from: "probabilities" }) },
      "fit.loss: expected a loss on scores",
    ],
    ["a bare function as a loss", { loss: () => tf.scalar(0) }, "without a `from`"],
    [
      "an unknown optimizer",
      { optimizer: { name: "ftrl", learningRate: 1 } },
      "createOptimizer.name",
    ],
    ["no learning rate", { optimizer: { name: "adam" } }, "optimizer.learningRate"],
    [
      "a momentum for Adam",
      { optimizer: { name: "adam", learningRate: 1, momentum: 0.9 } },
      "momentum: expected one of",
    ],
    [
      "a schedule out of range",
      { schedule: { name: "cosine", warmup: 2, floor: 0 } },
      "fit.schedule.warmup",
    ],
    ["an unknown augmentation", { augmentation: "heavy" }, "fit.augmentation"],
    ["no patience", { patience: 0 }, "fit.patience"],
    [
      "an unknown monitor",
      { monitor: "validationIoU" },
      "fit.monitor: expected one of validationDice, validationLoss, got",
    ],
    [
      "a metric with a taken name",
      { metrics: { validationDice: () => 1 } },
      "fit.metrics: expected other names",
    ],
    ["a metric that is none", { metrics: { dice: 3 } }, "fit.metrics.dice"],
    ["an unknown precision", { precision: "float16" }, "fit.precision"],
    ["a checkpoint as text", { checkpoint: "run" }, "fit.checkpoint"],
    ["a checkpoint without a path", { checkpoint: { path: "" } }, "fit.checkpoint.path"],
    ["a callback that is none", { callbacks: [{}] }, "fit.callbacks.0"],
    [
      "an optimizer by its name alone",
      { optimizer: "adam" },
      'Write optimizer: { name: "adam", learningRate: 0.001 }.',
    ],
    ["a misspelt optimizer", { optimizer: "admw" }, 'Write optimizer: { name: "adamw"'],
    ["a loss by its name alone", { loss: "dice" }, 'Write loss: { name: "dice" }.'],
    ["a schedule by its name alone", { schedule: "cosine" }, 'Write schedule: { name: "cosine" }.'],
    [
      "an optimizer of tfjs",
      { optimizer: tf.train.sgd(0.1) },
      'got a SGDOptimizer without a name. Write optimizer: { name: "adagrad", learningRate: 0.001 }.',
    ],
    ["a loss without a name", { loss: {} }, 'Write loss: { name: "crossEntropy" }.'],
    ["patience without validation", { patience: 3 }, "fit.patience: expected validation examples"],
    ["a monitor without validation", { monitor: "validationLoss" }, "fit.monitor: expected valid"],
    ["metrics without validation", { metrics: { iou: () => 1 } }, "fit.metrics: expected valid"],
    [
      "a plateau without validation",
      { schedule: { name: "reduceOnPlateau" } },
      "fit.schedule: expected validation examples",
    ],
    ["a number as progress", { progress: 1 }, "fit.progress: expected a name, false or a function"],
  ])("%s", async (_, options, message) => {
    const error = await refusal({ train }, options);
    expect(error).toBeInstanceOf(ConfigError);
    expect(error.message).toContain(message);
    expect(error.message.split("\n")).toHaveLength(1);
  });

  it("a list of samples instead of { train }", async () => {
    const error = await refusal(train as never, {});
    expect(error.message).toBe(
      "fit.data: expected { train, validation }, got a list. " +
        "Name the examples to learn from: { train: examples }.",
    );
  });
});

describe("data that do not match the model", () => {
  it("of another size", async () => {
    const model = unet({ inputShape: [128, 128, 1], numClasses: 3, filters: 2, depth: 1 });
    const error = await refusal({ train: discSamples(2, 64) }, {}, model);
    expect(error).toBeInstanceOf(ConfigError);
    expect(error.message).toContain(
      'fit.train: expected inputs of [128, 128, 1], as the model "unet" takes them, got [64, 64, 1]',
    );
  });

  it("of fewer classes than the model, where the data set says so", async () => {
    const { image, labels, id, group } = discSamples(1, 16)[0];
    const item = { id, group, image, labels, unit: "grey8", spacingMm: null } as const;
    const classNames = ["background", "ground-glass opacity", "consolidation"];
    const samples = prepareSamples({ cases: [item], classNames }, { size: 16 });
    const model = unet({ inputShape: [16, 16, 1], numClasses: 4, filters: 2, depth: 1 });
    const error = await refusal({ train: samples }, {}, model);
    expect(error.message).toBe(
      "fit.train: expected a model of 3 classes (background, ground-glass opacity, consolidation), " +
        'got "unet" of 4. Build it with numClasses: 3.',
    );
    // A data set without class names may have a class that no example has.
    const unknown = prepareSamples({ cases: [item] }, { size: 16 });
    await fit(model, { train: unknown }, { ...quiet, epochs: 1 });
  });

  it("of another number of channels, or labels of another shape", async () => {
    const inputs = tf.zeros([2, 9, 9, 3]);
    const labels = tf.zeros([2, 9, 9], "int32");
    const channels = await refusal({ train: { inputs, labels } });
    expect(channels.message).toContain("inputs of [9, 9, 1]");
    const oneHot = { inputs: tf.zeros([2, 9, 9, 1]), labels: tf.zeros([2, 9, 9, 3], "int32") };
    const shape = await refusal({ train: oneHot });
    expect(shape.message).toContain(
      'labels of [9, 9], as the model "tiny" predicts them, got [9, 9, 3]. Labels are class indices, not one-hot.',
    );
  });

  it("of no classes", async () => {
    const dense = tf.layers.dense({ units: 1, inputShape: [2] });
    const data = { inputs: tf.zeros([2, 2]), labels: tf.zeros([2], "int32") };
    const error = await refusal({ train: data }, {}, tf.sequential({ layers: [dense] }));
    expect(error.message).toContain("with at least 2 classes, got [?, 1]");
  });

  it.each<[string, unknown, string]>([
    ["nothing", undefined, "got undefined"],
    ["a text", "phantom", "got phantom"],
    ["another object", { x: 1, y: 2 }, "an object with x, y"],
    [
      "inputs that are no tensor",
      { inputs: [1], labels: tf.zeros([1]) },
      "fit.train.inputs: expected a tensor, got object",
    ],
    ["an empty list", [], "at least one example"],
    [
      "more labels than inputs",
      { inputs: tf.zeros([2, 9, 9, 1]), labels: tf.zeros([3, 9, 9]) },
      "and [3, 9, 9]",
    ],
    [
      "labels with fractions",
      { inputs: tf.zeros([1, 9, 9, 1]), labels: tf.fill([1, 9, 9], 0.5) },
      "fit.train.labels: expected integer class indices",
    ],
    [
      "too few names",
      { inputs: tf.zeros([2, 9, 9, 1]), labels: tf.zeros([2, 9, 9]), ids: ["a"] },
      "fit.train.ids: expected 2, one per example, got 1",
    ],
    ["a generator of no steps", { stepsPerEpoch: 0, batches: () => [] }, "fit.train.stepsPerEpoch"],
  ])("%s", async (_, examples, message) => {
    const error = await refusal({ train: examples as Examples });
    expect(error.message).toContain(message);
  });

  it("unknown parts", async () => {
    const error = await refusal({ train, valid: train } as FitData);
    expect(error.message).toContain(
      "fit.data.valid: expected one of train, validation, got an unknown option. Did you mean",
    );
    const tensors = { inputs: tf.zeros([2, 9, 9, 1]), labels: tf.zeros([2, 9, 9], "int32") };
    const named = { ...tensors, group: ["a", "a"] };
    expect((await refusal({ train: named })).message).toContain("fit.train.group: expected one of");
    const source = { stepsPerEpoch: 1, batches: () => [tensors], batchSize: 2 };
    expect((await refusal({ train: source })).message).toContain("fit.train.batchSize: expected");
  });

  it("nothing at all, in JavaScript", async () => {
    await expect(fit(tinySegmenter(9), { train }, undefined as never)).rejects.toThrow(
      "fit: expected an object, got nothing",
    );
    await expect(fit(tinySegmenter(9), undefined as never, quiet)).rejects.toThrow(
      "fit.data: expected an object of options, got undefined",
    );
  });

  it("a generator that ends too soon", async () => {
    const batch = (): LabelledTensors => ({
      inputs: tf.zeros([1, 9, 9, 1]),
      labels: tf.zeros([1, 9, 9], "int32"),
    });
    const source = { stepsPerEpoch: 3, batches: () => [batch(), batch()] };
    await expect(fit(tinySegmenter(9), { train: source }, quiet)).rejects.toThrow(
      "fit.train.batches(0): expected 3 batches, the value of stepsPerEpoch, got 2",
    );
  });

  it("augmentation of tensors", async () => {
    const data = { inputs: tf.zeros([2, 9, 9, 1]), labels: tf.zeros([2, 9, 9], "int32") };
    const error = await refusal({ train: data }, { augmentation: "standard" });
    expect(error.message).toContain("fit.augmentation");
  });

  it("a group of tensors on both sides", async () => {
    const tensors = (ids: string[], groups: string[]): LabelledTensors => ({
      inputs: tf.zeros([2, 9, 9, 1]),
      labels: tf.zeros([2, 9, 9], "int32"),
      ...{ ids, groups },
    });
    const error = await refusal({
      train: tensors(["a1", "b1"], ["a", "b"]),
      validation: tensors(["c1", "b2"], ["c", "b"]),
    });
    expect(error.message).toContain(
      'fit.validation: expected no group that is trained on, got "b2" of group "b"',
    );
  });
});

describe.each(["with", "without"])("labels outside of the classes, %s validation", (how) => {
  const validation = discSamples(2, 9, 2).map((sample) => ({ ...sample, group: `v-${sample.id}` }));
  const rest = how === "with" ? { validation } : {};

  it("of a sample", async () => {
    const error = await refusal({ train: spoiled(2, 40, 3, "labels"), ...rest });
    expect(error).toBeInstanceOf(DataError);
    expect(error.message).toContain(
      'fit.train "disc-2": expected labels from 0 to 2, the model\'s 3 classes, got 3',
    );
  });

  it("of a sample in JavaScript, a fraction", async () => {
    const samples = discSamples(1, 9).map((sample) => ({
      ...sample,
      labels: { ...sample.labels, data: new Float32Array(81).fill(0.5) },
    }));
    const error = await refusal({ train: samples as unknown as Sample[], ...rest });
    expect(error).toBeInstanceOf(DataError);
    expect(error.message).toContain("got 0.5. Labels are class indices. Resize masks with");
  });

  it("of a generator's batch, a fraction", async () => {
    const batch = (): LabelledTensors => ({
      inputs: tf.zeros([1, 9, 9, 1]),
      labels: tf.fill([1, 9, 9], 0.5),
    });
    const source = { stepsPerEpoch: 1, batches: () => [batch()] };
    await expect(fit(tinySegmenter(9), { train: source, ...rest }, quiet)).rejects.toThrow(
      "batch 1.labels: expected integer class indices, got 0.5",
    );
  });

  it("of a tensor, below 0", async () => {
    const data = {
      inputs: tf.zeros([2, 9, 9, 1]),
      labels: tf.concat([tf.zeros([1, 9, 9], "int32"), tf.fill([1, 9, 9], -1, "int32")]),
    };
    const error = await refusal({ train: data, ...rest });
    expect(error.message).toContain('fit.train "#1": expected labels from 0 to 2');
  });

  it("of a generator's batch, as it comes", async () => {
    const batch = (label: number): LabelledTensors => ({
      inputs: tf.zeros([1, 9, 9, 1]),
      labels: tf.fill([1, 9, 9], label, "int32"),
      ids: [`slice ${label}`],
    });
    const source = { stepsPerEpoch: 2, batches: () => [batch(2), batch(3)] };
    const training = fit(tinySegmenter(9), { train: source, ...rest }, quiet);
    await expect(training).rejects.toThrow('fit.train "slice 3": expected labels from 0 to 2');
  });
});

describe("values that are not finite", () => {
  it.each([NaN, Infinity])("a pixel of %p stops training with its name", async (value) => {
    const error = await refusal({ train: spoiled(1, 17, value, "image") }, { compiled: true });
    expect(error).toBeInstanceOf(DataError);
    expect(error.message).toContain(`fit.train "disc-1": expected finite inputs, got ${value}`);
  });

  it("a pixel of a validation sample too", async () => {
    const bad = spoiled(1, 17, NaN, "image").map((sample) => ({
      ...sample,
      group: `v-${sample.id}`,
    }));
    const error = await refusal({ train, validation: bad });
    expect(error.message).toContain('fit.validation "disc-1": expected finite inputs');
  });

  it("a pixel of a generator's batch", async () => {
    const source = {
      stepsPerEpoch: 1,
      batches: () => [{ inputs: tf.fill([1, 9, 9, 1], NaN), labels: tf.zeros([1, 9, 9], "int32") }],
    };
    await expect(fit(tinySegmenter(9), { train: source }, quiet)).rejects.toThrow(
      'fit.train "#0": expected finite inputs, got NaN',
    );
  });

  it("a weight before training, by layer", async () => {
    const model = unet({ inputShape: [9, 9, 1], numClasses: 3, filters: 2, depth: 1 });
    const weights = model.weights.map((weight) => weight.read() as tf.Variable);
    const index = model.weights.findIndex((weight) =>
      weight.originalName.startsWith("bridge/conv2/kernel"),
    );
    weights[index].assign(tf.fill(weights[index].shape, NaN));
    const error = await fit(model, { train }, quiet).catch((thrown: unknown) => thrown);
    expect(String(error)).toContain(
      'fit, weight "bridge/conv2/kernel" of "unet": expected finite values, got NaN',
    );
  });

  it.each([false, true])(
    "weights that are lost end training, by layer, though the loss is finite, compiled: %s",
    async (compiled) => {
      // The largest finite input; its square, in the kernel's gradient, is infinite.
      const far = train.map((sample) => ({
        ...sample,
        image: { ...sample.image, data: sample.image.data.map(() => 3e38) },
      }));
      const conv = (filters: number, name: string) =>
        tf.layers.conv2d({
          ...{ filters, name, kernelSize: 1 },
          ...(name === "hidden" ? { inputShape: [9, 9, 1], activation: "relu" as const } : {}),
          kernelInitializer: tf.initializers.constant({ value: 1e-30 }),
        });
      const model = tf.sequential({ name: "far", layers: [conv(2, "hidden"), conv(3, "out")] });
      const losses: number[] = [];
      const options: FitOptions = {
        ...{ epochs: 3, progress: false, compiled },
        optimizer: { name: "sgd", learningRate: 1e8 },
        callbacks: [(event) => void (event.type === "batch" && losses.push(event.loss))],
      };
      const training = fit(model, { train: far }, options);
      await expect(training).rejects.toThrow(
        'fit, epoch 2, weight "hidden/kernel" of "far": expected finite values, got',
      );
      expect(losses.every(Number.isFinite)).toBe(true);
      expect(losses).toHaveLength(2);
    },
  );
});
