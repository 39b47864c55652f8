import * as tf from "@tensorflow/tfjs";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createRandom } from "../../src/core/random";
import type { WeightTensor } from "../../src/core/weights/WeightTensor";
import { loadEngine } from "../../src/engine/load";
import {
  readSafetensorsFile,
  writeSafetensorsFile,
} from "../../src/engine/weights/safetensorsFile";
import { resnext50, torchvisionNames } from "../../src/models/resnext50";
import { assignWeights, collectWeights } from "../../src/models/weights/assignWeights";
import { expectClose } from "../support/close";
import { createDraw, readCases } from "../support/layerGolden";

interface Weights {
  readonly seed: number;
  readonly parameters: number;
  readonly tensors: readonly (readonly [string, readonly number[], number, number])[];
}

interface ImageCase {
  readonly name: string;
  readonly seed: number;
  readonly image: readonly [number, number, number, number];
  readonly logits: readonly number[];
  readonly levels: readonly (readonly [readonly number[], readonly number[]])[];
}

const [weights, ...images] = readCases<Weights & ImageCase>("resnext50");

const bytesOf = (values: WeightTensor["values"] = new Float32Array()): Uint8Array =>
  new Uint8Array(values.buffer, values.byteOffset, values.byteLength);

/** The state dict that the golden script drew. */
function drawStateDict(): Map<string, WeightTensor> {
  const random = createRandom(weights.seed);
  return new Map(
    weights.tensors.map(([name, shape, spread, shift]) => {
      const values = new Float32Array(shape.reduce((product, size) => product * size, 1));
      for (let i = 0; i < values.length; i++) {
        values[i] = (random.uniform() * 2 - 1) * spread + shift;
      }
      return [name, { shape, values }];
    }),
  );
}

describe("resnext50", () => {
  const folder = mkdtempSync(join(tmpdir(), "resnext50-"));
  const path = join(folder, "torchvision.safetensors");
  let model: tf.LayersModel;

  beforeAll(() => {
    loadEngine();
    writeSafetensorsFile(path, drawStateDict(), { format: "pt" });
    model = resnext50({ inputShape: [null, null, 3] });
    assignWeights(model, readSafetensorsFile(path), torchvisionNames);
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it("has the published 25.0 million parameters, torchvision's 25,028,904", () => {
    const trained = model.trainableWeights.reduce(
      (total, weight) => total + weight.shape.reduce<number>((n, size) => n * (size ?? 1), 1),
      0,
    );
    expect(trained).toBe(25_028_904);
    expect(trained).toBe(weights.parameters);
  });

  it.each(images)("equals torchvision with its weights loaded as they are: $name", (golden) => {
    tf.tidy(() => {
      const image = tf.tensor(createDraw(golden.seed)(golden.image), [...golden.image]);
      const logits = model.predict(image) as tf.Tensor;
      expectClose(logits.dataSync(), golden.logits, 1e-4, "logits");
    });
  });

  it.each(images)("has torchvision's features at each level: $name", (golden) => {
    const layers = ["stem", "layer1.2", "layer2.3", "layer3.5", "layer4.2"];
    const outputs = layers.map((name) => {
      const { output } = model.getLayer(name);
      return Array.isArray(output) ? output[0] : output;
    });
    const features = tf.model({ inputs: model.inputs, outputs });
    tf.tidy(() => {
      const image = tf.tensor(createDraw(golden.seed)(golden.image), [...golden.image]);
      (features.predict(image) as tf.Tensor[]).forEach((level, index) => {
        const [shape, values] = golden.levels[index];
        expect(level.shape).toEqual(shape);
        expectClose(level.dataSync().subarray(0, 100), values, 1e-4, layers[index]);
      });
    });
  });

  it("gives the same tensors back under torchvision's names", () => {
    const wanted = drawStateDict();
    const got = collectWeights(model, torchvisionNames);
    expect(got.size).toBe(wanted.size);
    for (const [name, { shape, values }] of wanted) {
      expect(got.get(name)?.shape).toEqual(shape);
      expect(Buffer.compare(bytesOf(values), bytesOf(got.get(name)?.values))).toBe(0);
    }
  });

  it("names the first tensor that is missing, of another shape, or extra", () => {
    const tensors = readSafetensorsFile(path);
    const bias = tensors.get("fc.bias") as WeightTensor;
    tensors.set("fc.bias", { ...bias, shape: [10, 100] });
    expect(() => assignWeights(model, tensors, torchvisionNames)).toThrow(
      'torchvision weights for "resnext50": tensor "fc.bias": expected [1000], got [10, 100]',
    );
    tensors.delete("fc.bias");
    expect(() => assignWeights(model, tensors, torchvisionNames)).toThrow(
      'expected a tensor "fc.bias" [1000], got none of that name',
    );
    tensors.set("fc.bias", bias).set("head.weight", bias);
    expect(() => assignWeights(model, tensors, torchvisionNames)).toThrow(
      'got an extra one, "head.weight"',
    );
    tensors.delete("head.weight");
    tensors.set("bn1.num_batches_tracked", { shape: [], values: Int32Array.of(3) });
    expect(() => assignWeights(model, tensors, torchvisionNames)).not.toThrow();
  });
});
