import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as tf from "@tensorflow/tfjs";
import { createRandom } from "../../../src/core/random";
import { loadEngine } from "../../../src/engine/load";
import type { TrainingEvent } from "../../../src/experiments/training/events";
import { fit } from "../../../src/experiments/training/fit";
import type {
  BatchSource,
  Examples,
  LabelledTensors,
} from "../../../src/experiments/training/fitData";
import type { FitOptions } from "../../../src/experiments/training/fitOptions";
import { labelAccuracy } from "../../../src/experiments/training/sampleMetrics";
import { modelVariables, readVariables } from "../../../src/experiments/training/variables";

loadEngine();

const quiet: FitOptions = {
  epochs: 12,
  batchSize: 4,
  progress: false,
  optimizer: { name: "adam", learningRate: 0.02 },
};

/** Noise in `channels` channels; each voxel's label follows from the sum of its channels. */
function segmentation(count: number, space: number[], channels: number, seed = 1): LabelledTensors {
  const random = createRandom(seed);
  const voxels = count * space.reduce((product, size) => product * size, 1);
  const inputs = Float32Array.from({ length: voxels * channels }, () => random.normal());
  const labels = Int32Array.from({ length: voxels }, (_, voxel) => {
    const sum = inputs.subarray(voxel * channels, (voxel + 1) * channels).reduce((a, b) => a + b);
    return sum > 0.5 ? 2 : sum > -0.5 ? 1 : 0;
  });
  return {
    inputs: tf.tensor(inputs, [count, ...space, channels]),
    labels: tf.tensor(labels, [count, ...space], "int32"),
  };
}

/** Points in a plane with five classes by angle. */
function classification(count: number, seed = 1): LabelledTensors {
  const random = createRandom(seed);
  const inputs = Float32Array.from({ length: count * 2 }, () => random.normal());
  const labels = Int32Array.from({ length: count }, (_, index) => {
    const angle = Math.atan2(inputs[2 * index + 1], inputs[2 * index]) / Math.PI;
    return Math.min(4, Math.floor((angle + 1) * 2.5));
  });
  return { inputs: tf.tensor2d(inputs, [count, 2]), labels: tf.tensor1d(labels, "int32") };
}

const initializer = (seed: number) => tf.initializers.heNormal({ seed });

function network(rank: 2 | 3, space: number[], channels: number): tf.LayersModel {
  const conv = rank === 2 ? tf.layers.conv2d : tf.layers.conv3d;
  return tf.sequential({
    name: `voxels${rank}`,
    layers: [
      conv({
        ...{ inputShape: [...space, channels], filters: 9, kernelSize: 1 },
        ...{ activation: "relu", kernelInitializer: initializer(1) },
      }),
      conv({ filters: 3, kernelSize: 1, kernelInitializer: initializer(2) }),
    ],
  });
}

function classifier(activation: "softmax" | "linear"): tf.LayersModel {
  const kernels = [3, 4].map((seed) => ({ kernelInitializer: initializer(seed) }));
  return tf.sequential({
    name: "angles",
    layers: [
      tf.layers.dense({ units: 32, inputShape: [2], activation: "relu", ...kernels[0] }),
      tf.layers.dense({ units: 5, activation, ...kernels[1] }),
    ],
  });
}

/** Batches of two examples, cut from tensors in order; as a generator or an async one. */
function generatorOf({ inputs, labels }: LabelledTensors, isAsync: boolean): BatchSource {
  const size = 2;
  const steps = Math.floor(inputs.shape[0] / size);
  const batch = (index: number): LabelledTensors => ({
    inputs: tf.slice(inputs, index * size, size),
    labels: tf.slice(labels, index * size, size),
  });
  function* batches(): Generator<LabelledTensors> {
    for (let index = 0; index < steps; index++) yield batch(index);
  }
  async function* asyncBatches(): AsyncGenerator<LabelledTensors> {
    for (let index = 0; index < steps; index++) {
      await new Promise(setImmediate);
      yield batch(index);
    }
  }
  return { stepsPerEpoch: steps, batches: isAsync ? asyncBatches : batches };
}

const weightsOf = (model: tf.LayersModel) => readVariables(modelVariables(model));

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "layerbook-general-"));
});
afterEach(() => rm(folder, { recursive: true }));

describe.each([false, true])("fit, compiled: %s", (compiled) => {
  it.each([
    ["2D images of five channels", 2, [5, 7], 5],
    ["3D volumes of two channels", 3, [3, 5, 7], 2],
  ] as const)("trains on %s", async (_, rank, space, channels) => {
    const model = network(rank, [...space], channels);
    const train = segmentation(11, [...space], channels);
    const validation = segmentation(3, [...space], channels, 2);
    const { records } = await fit(model, { train, validation }, { ...quiet, compiled, epochs: 30 });
    expect(records[29].loss).toBeLessThan(0.6 * records[0].loss);
    expect(records[29].validationDice).toBeGreaterThan(0.8);
    tf.dispose([train.inputs, train.labels, validation.inputs, validation.labels]);
  });

  it.each(["softmax", "linear"] as const)(
    "classifies with a last layer of %s",
    async (activation) => {
      const train = classification(203);
      const validation = classification(50, 2);
      const model = classifier(activation);
      const { records } = await fit(
        model,
        { train, validation },
        { ...quiet, compiled, batchSize: 20, epochs: 15, metrics: { accuracy: labelAccuracy } },
      );
      const last = records[14];
      expect(last.validationDice).toBeNull();
      expect(last.metrics?.["accuracy"]).toBeGreaterThan(0.85);
      // The recorded value equals that of the model.
      const wanted = tf.tidy(() => {
        const predicted = tf.argMax(model.predict(validation.inputs) as tf.Tensor, -1);
        return tf.mean(tf.equal(predicted, validation.labels).toFloat()).dataSync()[0];
      });
      const best = Math.min(...records.map(({ validationLoss }) => validationLoss ?? NaN));
      const kept = records.find(({ validationLoss }) => validationLoss === best);
      expect(kept?.metrics?.["accuracy"]).toBeCloseTo(wanted, 6);
      tf.dispose([train.inputs, train.labels, validation.inputs, validation.labels]);
    },
  );

  it("trains the same on a generator, an async one and on tensors", async () => {
    const data = segmentation(8, [5, 7], 2);
    const trained = async (train: Examples): Promise<ReturnType<typeof weightsOf>> => {
      const model = network(2, [5, 7], 2);
      await fit(model, { train }, { ...quiet, compiled, epochs: 2 });
      return weightsOf(model);
    };
    const weights = await trained(generatorOf(data, false));
    const tensors = tf.memory().numTensors;
    expect(await trained(generatorOf(data, true))).toEqual(weights);
    const model = network(2, [5, 7], 2).weights.length;
    expect(tf.memory().numTensors).toBe(tensors + model * 2);
  });

  it.each([true, false])("resumes a generator bit for bit, async: %s", async (isAsync) => {
    const train = generatorOf(segmentation(8, [5, 7], 2), isAsync);
    const validation = generatorOf(segmentation(4, [5, 7], 2, 2), isAsync);
    const options = { ...quiet, compiled, epochs: 3 };
    const whole = network(2, [5, 7], 2);
    await fit(whole, { train, validation }, options);
    const checkpoint = { path: join(folder, "checkpoint.safetensors") };
    let asked = 0;
    const stop = { ...options, checkpoint, shouldStop: () => asked++ === 6 };
    await fit(network(2, [5, 7], 2), { train, validation }, stop);
    const resumed = network(2, [5, 7], 2);
    const rest = await fit(resumed, { train, validation }, { ...options, checkpoint });
    expect(rest.resumedAtStep).toBe(6);
    expect(weightsOf(resumed)).toEqual(weightsOf(whole));
  });

  it("resumes shuffled tensors bit for bit", async () => {
    const train = segmentation(9, [5, 7], 2);
    const options = { ...quiet, compiled, epochs: 3, batchSize: 2 };
    const whole = network(2, [5, 7], 2);
    await fit(whole, { train }, options);
    const other = network(2, [5, 7], 2);
    await fit(other, { train }, { ...options, seed: 2 });
    expect(weightsOf(other)).not.toEqual(weightsOf(whole));
    const checkpoint = { path: join(folder, "checkpoint.safetensors") };
    let asked = 0;
    const stop = { ...options, checkpoint, shouldStop: () => asked++ === 7 };
    await fit(network(2, [5, 7], 2), { train }, stop);
    const resumed = network(2, [5, 7], 2);
    await fit(resumed, { train }, { ...options, checkpoint });
    expect(weightsOf(resumed)).toEqual(weightsOf(whole));
  });
});

describe.each([false, true])("fit with averages of the weights, compiled: %s", (compiled) => {
  const common: FitOptions = { ...quiet, compiled, epochs: 3, batchSize: 3 };
  const sgd = { name: "sgd", learningRate: 0.1 } as const;
  const ema: FitOptions = { ...common, optimizer: { ...sgd, useEma: true, emaMomentum: 0.5 } };

  /** The average of the weights after each step, as in the optimizer's documentation. */
  async function averagesByHand(train: LabelledTensors): Promise<number[]> {
    const model = network(2, [5, 7], 2);
    const numbers = (): number[] =>
      [...weightsOf(model).values()].flatMap(({ values }) => [...values]);
    let averages: number[] | null = null;
    const follow = (event: TrainingEvent): void => {
      if (event.type !== "batch") return;
      const now = numbers();
      // The average begins with the weights of the first step.
      averages = now.map((value, index) => 0.5 * (averages?.[index] ?? value) + 0.5 * value);
    };
    await fit(model, { train }, { ...common, optimizer: sgd, callbacks: [follow] });
    return averages ?? [];
  }

  it("ends with the averages, and continues training with the weights", async () => {
    const train = segmentation(6, [5, 7], 2);
    const model = network(2, [5, 7], 2);
    await fit(model, { train }, ema);
    const found = [...weightsOf(model).values()].flatMap(({ values }) => [...values]);
    const wanted = await averagesByHand(train);
    found.forEach((value, index) => expect(value).toBeCloseTo(wanted[index], 5));
  });

  it("validates the averages, and resumes bit for bit", async () => {
    const train = segmentation(6, [5, 7], 2);
    const validation = segmentation(3, [5, 7], 2, 2);
    const metrics = { accuracy: labelAccuracy };
    const whole = network(2, [5, 7], 2);
    const result = await fit(whole, { train, validation }, { ...ema, metrics });
    const kept = result.records[result.bestEpoch - 1].metrics?.["accuracy"];
    const accuracy = tf.tidy(() => {
      const predicted = tf.argMax(whole.predict(validation.inputs) as tf.Tensor, -1);
      return tf.mean(tf.equal(predicted, validation.labels).toFloat()).dataSync()[0];
    });
    expect(kept).toBeCloseTo(accuracy, 6);
    const checkpoint = { path: join(folder, "checkpoint.safetensors") };
    let asked = 0;
    const stop = { ...ema, metrics, checkpoint, shouldStop: () => asked++ === 3 };
    await fit(network(2, [5, 7], 2), { train, validation }, stop);
    const resumed = network(2, [5, 7], 2);
    await fit(resumed, { train, validation }, { ...ema, metrics, checkpoint });
    expect(weightsOf(resumed)).toEqual(weightsOf(whole));
  });
});

describe("fit", () => {
  it("continues if a generator's batches change their shape, and reports compiling", async () => {
    const shapes = [
      [5, 7],
      [5, 7],
      [6, 4],
      [5, 7],
    ];
    const train: BatchSource = {
      stepsPerEpoch: shapes.length,
      *batches() {
        for (const space of shapes) yield segmentation(2, space, 1);
      },
    };
    const events: TrainingEvent["type"][] = [];
    const model = tf.sequential({
      layers: [
        tf.layers.conv2d({ inputShape: [null, null, 1] as never, filters: 3, kernelSize: 1 }),
      ],
    });
    const eager = tf.sequential({
      layers: [
        tf.layers.conv2d({ inputShape: [null, null, 1] as never, filters: 3, kernelSize: 1 }),
      ],
    });
    eager.setWeights(model.getWeights());
    const log = jest.spyOn(process.stderr, "write").mockReturnValue(true);
    const options = { ...quiet, epochs: 2, optimizer: { name: "sgd", learningRate: 0.1 } } as const;
    await fit(
      model,
      { train },
      { ...options, compiled: true, callbacks: [({ type }) => void events.push(type)] },
    );
    expect(log.mock.calls.join()).toContain("train: recorded again");
    log.mockRestore();
    expect(events).toEqual([
      "begin",
      ...[
        "compiling",
        "compiled",
        "batch",
        "batch",
        "compiling",
        "compiled",
        "batch",
        "batch",
        "epoch",
      ],
      ...["batch", "batch", "batch", "batch", "epoch", "end"],
    ]);
    await fit(eager, { train }, { ...options, compiled: false });
    const wanted = [...weightsOf(eager).values()].flatMap(({ values }) => [...values]);
    const found = [...weightsOf(model).values()].flatMap(({ values }) => [...values]);
    found.forEach((value, index) => expect(value).toBeCloseTo(wanted[index], 4));
  });

  it("keeps the best epoch by a metric of the caller", async () => {
    const train = classification(40);
    const validation = classification(10, 2);
    const values = [3, 1, 2];
    let call = 0;
    const metrics = { mine: () => values[Math.floor(call++ / 10)] };
    const options = { ...quiet, compiled: false, epochs: 3, metrics } as const;
    const model = classifier("linear");
    const lowest = await fit(
      model,
      { train, validation },
      { ...options, monitor: "mine", monitorMode: "min" },
    );
    expect(lowest.records.map(({ metrics: found }) => found?.["mine"])).toEqual(values);
    expect(lowest.bestEpoch).toBe(2);
    const short = classifier("linear");
    call = 0;
    await fit(
      short,
      { train, validation },
      { ...options, epochs: 2, monitor: "mine", monitorMode: "min" },
    );
    expect(weightsOf(model)).toEqual(weightsOf(short));
    call = 0;
    const highest = await fit(
      classifier("linear"),
      { train, validation },
      { ...options, monitor: "mine" },
    );
    expect(highest.bestEpoch).toBe(1);
  });

  it("passes a metric each example's scores, and leaves out null", async () => {
    const train = segmentation(4, [2, 3], 1);
    const validation = { ...segmentation(5, [2, 3], 1, 2), ids: ["a", "b", "c", "d", "e"] };
    const model = network(2, [2, 3], 1);
    const seen = new Map<string, Float32Array>();
    const metrics = {
      onlyB: ({ id, logits, shape, numClasses }: Parameters<typeof labelAccuracy>[0]) => {
        expect([shape, numClasses]).toEqual([[2, 3], 3]);
        seen.set(id, logits.slice());
        return id === "b" ? 7 : null;
      },
      none: () => null,
    };
    const data = { train, validation };
    const { records } = await fit(model, data, { ...quiet, epochs: 1, metrics });
    expect(records[0].metrics).toEqual({ onlyB: 7, none: null });
    const wanted = tf.tidy(() => (model.predict(validation.inputs) as tf.Tensor).dataSync());
    validation.ids.forEach((id, index) => {
      const own = seen.get(id) ?? [];
      expect(own).toHaveLength(18);
      own.forEach((value, at) => expect(value).toBeCloseTo(wanted[index * 18 + at], 5));
    });
  });

  it("leaves an ignored label out of loss and Dice", async () => {
    const { inputs, labels } = segmentation(4, [5, 7], 1);
    const mask = tf
      .range(0, 4 * 35, 1, "int32")
      .reshape([4, 5, 7])
      .mod(tf.scalar(3, "int32"))
      .equal(0);
    const ignored = tf.where(mask, tf.fill([4, 5, 7], 255, "int32"), labels);
    const wrong = tf.where(mask, tf.fill([4, 5, 7], 2, "int32"), labels);
    const trained = async (data: LabelledTensors, options: Partial<FitOptions>) => {
      const model = network(2, [5, 7], 1);
      const result = await fit(
        model,
        { train: data, validation: data },
        { ...quiet, compiled: false, epochs: 2, ...options },
      );
      return result.records[1];
    };
    const one = await trained({ inputs, labels: ignored }, { ignoreLabel: 255 });
    const byLoss = await trained(
      { inputs, labels: ignored },
      { loss: { name: "crossEntropy", ignoreLabel: 255 } },
    );
    expect({ ...byLoss, seconds: 0 }).toEqual({ ...one, seconds: 0 });
    const other = await trained({ inputs, labels: wrong }, {});
    expect(other.loss).not.toBe(one.loss);
    expect(other.validationDice).not.toBe(one.validationDice);
  });
});
