import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as tf from "@tensorflow/tfjs";
import { ConfigError } from "../../../src/core/errors";
import { loadEngine } from "../../../src/engine/load";
import { fit } from "../../../src/experiments/training/fit";
import type { FitOptions } from "../../../src/experiments/training/fitOptions";
import { modelVariables, readVariables } from "../../../src/experiments/training/variables";
import type { WeightMap } from "../../../src/core/weights/WeightTensor";
import { discSamples } from "../support/samples";
import { tinySegmenter } from "../support/tinySegmenter";

loadEngine();
// Recording a step takes long on a busy machine.
const train = discSamples(10, 17);
const validation = discSamples(3, 17, 2).map((sample) => ({ ...sample, group: `v-${sample.id}` }));
const quiet: FitOptions = {
  epochs: 3,
  batchSize: 4,
  progress: false,
  optimizer: { name: "adam", learningRate: 0.01, clipNorm: 1, weightDecay: 0.001 },
  schedule: { name: "cosine", warmup: 0.2, floor: 0 },
  augmentation: "standard",
};
/** Options that learn the discs in few steps. */
const fast = {
  optimizer: { name: "adam", learningRate: 0.03 },
  augmentation: "none",
} as const;

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "layerbook-fit-"));
});
afterEach(() => rm(folder, { recursive: true }));

function createModel(): tf.LayersModel {
  return tinySegmenter(17);
}

function weightsOf(model: tf.LayersModel): WeightMap {
  return readVariables(modelVariables(model));
}

describe.each([false, true])("fit, compiled: %s", (compiled) => {
  const options = { ...quiet, compiled };

  it("learns, and records every epoch", async () => {
    const model = createModel();
    const seen: number[] = [];
    const result = await fit(
      model,
      { train, validation },
      { ...options, ...fast, epochs: 40, onEpoch: ({ epoch }) => seen.push(epoch) },
    );
    expect(seen).toEqual(Array.from({ length: 40 }, (_, index) => index + 1));
    expect(result.ended).toBe("completed");
    expect(result.steps).toBe(40 * 3);
    const [first] = result.records;
    const last = result.records[39];
    expect(first.learningRate).toBeLessThan(0.03);
    expect(last.loss).toBeLessThan(first.loss / 4);
    expect(last.validationDice).toBeGreaterThan(0.8);
    expect(last.validationLoss).toBeLessThan(first.validationLoss ?? 0);
  });

  it("gives the same weights for the same seed, and different ones for another", async () => {
    const train2 = async (seed: number): Promise<WeightMap> => {
      const model = createModel();
      await fit(model, { train }, { ...options, seed });
      return weightsOf(model);
    };
    const weights = await train2(1);
    expect(await train2(1)).toEqual(weights);
    expect(await train2(2)).not.toEqual(weights);
  });

  it.each([4, 6])("resumes bit for bit after a stop at step %i", async (stopAfter) => {
    const whole = createModel();
    const uninterrupted = await fit(whole, { train, validation }, options);

    const checkpoint = { path: join(folder, "checkpoint.safetensors"), everySteps: 2 };
    let asked = 0;
    const stopped = createModel();
    const part = await fit(
      stopped,
      { train, validation },
      {
        ...options,
        checkpoint,
        shouldStop: () => asked++ === stopAfter,
      },
    );
    expect([part.ended, part.steps]).toEqual(["interrupted", stopAfter]);

    const resumed = createModel();
    const rest = await fit(resumed, { train, validation }, { ...options, checkpoint });
    expect(rest.resumedAtStep).toBe(stopAfter);
    expect(weightsOf(resumed)).toEqual(weightsOf(whole));
    const withoutTime = (records: typeof rest.records) =>
      records.map((record) => ({ ...record, seconds: 0 }));
    expect(withoutTime(rest.records)).toEqual(withoutTime(uninterrupted.records));
  });

  it("stops when validation gets no better, and restores the best weights", async () => {
    const model = createModel();
    const best: WeightMap[] = [];
    const result = await fit(
      model,
      { train, validation },
      {
        ...options,
        epochs: 30,
        // A rate that is far too high, so that the loss soon increases.
        optimizer: { name: "sgd", learningRate: 3 },
        schedule: { name: "constant" },
        patience: 2,
        monitor: "validationLoss",
      },
    );
    expect(result.ended).toBe("earlyStop");
    expect(result.records).toHaveLength(result.bestEpoch + 2);
    const values = result.records.map(({ validationLoss }) => validationLoss ?? NaN);
    expect(Math.min(...values)).toBe(values[result.bestEpoch - 1]);
    // The same training ended at the best epoch has the weights that were restored.
    const short = createModel();
    await fit(
      short,
      { train, validation },
      {
        ...options,
        epochs: result.bestEpoch,
        optimizer: { name: "sgd", learningRate: 3 },
        schedule: { name: "constant" },
        monitor: "validationLoss",
      },
    );
    best.push(weightsOf(short));
    expect(weightsOf(model)).toEqual(best[0]);
  });

  it("leaks no tensors", async () => {
    const model = createModel();
    await fit(model, { train, validation }, { ...options, epochs: 1 });
    const before = tf.memory().numTensors;
    await fit(model, { train, validation }, { ...options, epochs: 2 });
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe.each([
  [true, false],
  [false, true],
])("a checkpoint made compiled: %s, continued compiled: %s", (before, after) => {
  it("ends with the same weights except for rounding", async () => {
    // Plain gradient descent, since Adam turns rounding noise in zero gradients into full steps.
    const options: FitOptions = { ...quiet, optimizer: { name: "sgd", learningRate: 0.05 } };
    const whole = createModel();
    await fit(whole, { train, validation }, { ...options, compiled: after });
    const checkpoint = { path: join(folder, "checkpoint.safetensors") };
    let asked = 0;
    await fit(
      createModel(),
      { train, validation },
      { ...options, compiled: before, checkpoint, shouldStop: () => asked++ === 4 },
    );
    const resumed = createModel();
    const rest = await fit(
      resumed,
      { train, validation },
      { ...options, compiled: after, checkpoint },
    );
    expect(rest.resumedAtStep).toBe(4);
    const wanted = weightsOf(whole);
    for (const [name, { values }] of weightsOf(resumed)) {
      const other = wanted.get(name)?.values ?? [];
      const largest = Math.max(...Array.from(values, Math.abs));
      values.forEach((value, index) => {
        expect(Math.abs(value - other[index])).toBeLessThanOrEqual(1e-4 * largest);
      });
    }
  });
});

describe("fit", () => {
  it("trains in bfloat16 as in float32, except for rounding", async () => {
    const losses = async (precision: "float32" | "bfloat16"): Promise<number[]> => {
      const model = createModel();
      const options = { ...quiet, compiled: true, augmentation: "none", precision } as const;
      const { records } = await fit(model, { train }, options);
      expect(
        [...weightsOf(model).values()].every(({ values }) => values.every(Number.isFinite)),
      ).toBe(true);
      return records.map(({ loss }) => loss);
    };
    const float32 = await losses("float32");
    const bfloat16 = await losses("bfloat16");
    expect(bfloat16).not.toEqual(float32);
    // Eight bits of mantissa: a step of 1/256, over a few layers.
    bfloat16.forEach((loss, index) =>
      expect(Math.abs(loss / float32[index] - 1)).toBeLessThan(0.03),
    );
  });

  it("rejects a checkpoint of another training, and names the setting", async () => {
    const checkpoint = { path: join(folder, "checkpoint.safetensors") };
    await fit(createModel(), { train }, { ...quiet, compiled: false, epochs: 1, checkpoint });
    const other = fit(
      createModel(),
      { train },
      {
        ...quiet,
        compiled: false,
        epochs: 1,
        batchSize: 5,
        checkpoint,
      },
    );
    await expect(other).rejects.toThrow(/expected a checkpoint with batchSize 5, got one with 4/);
  });

  it("rejects a validation sample whose group is trained on", async () => {
    const leaking = fit(createModel(), { train, validation: [train[3]] }, quiet);
    await expect(leaking).rejects.toThrow(ConfigError);
    await expect(leaking).rejects.toThrow(/"disc-3"/);
  });

  it("reports the step at which the loss became NaN", async () => {
    const diverging = fit(
      createModel(),
      { train },
      {
        ...quiet,
        epochs: 20,
        compiled: false,
        optimizer: { name: "sgd", learningRate: 1e30 },
        schedule: { name: "constant" },
      },
    );
    await expect(diverging).rejects.toThrow(/fit\.loss: expected a finite number, got NaN at step/);
  });
});
