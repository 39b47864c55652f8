import * as tf from "@tensorflow/tfjs";
import { loadEngine } from "../../src/engine/load";
import { captureActivations, captureCalls, layerPaths } from "../../src/models/captureActivations";
import { modelSettings } from "../../src/models/modelArguments";
import { modelByName } from "../../src/models/modelByName";
import { MODEL_NAMES } from "../../src/models/modelNames";
import { r2unet } from "../../src/models/r2unet";
import { residualAttentionUnet } from "../../src/models/residualAttentionUnet";
import { expectClose } from "../support/close";

beforeAll(() => {
  loadEngine();
});

const size = { inputShape: [12, 10, 1], numClasses: 3 } as const;
const images = (): tf.Tensor => tf.randomNormal([2, 12, 10, 1], 0, 1, "float32", 7);
const small = { filters: 8, depth: 2, denseFilters: 8 };

describe("captureActivations", () => {
  it("reads a layer inside of a block inside of a block", () => {
    const model = residualAttentionUnet({ ...size, ...{ filters: 8, depth: 2 } });
    tf.tidy(() => {
      const x = images();
      const found = captureActivations(
        model,
        ["encoder0/block/conv1", "decoder0/attention", "decoder1/block", "softmax"],
        x,
      );
      const kernel = model
        .getLayer("encoder0")
        .weights.find(({ originalName }) => originalName === "encoder0/block/conv1/kernel");
      const [into] = captureCalls(model, ["encoder0/block/conv1"], x)["encoder0/block/conv1"]
        .inputs;
      const wanted = tf.conv2d(into as tf.Tensor4D, kernel?.read() as tf.Tensor4D, 1, "same");
      expectClose(found["encoder0/block/conv1"].dataSync(), wanted.dataSync(), 1e-5, "conv1");
      expect(found["decoder0/attention"].shape).toEqual([2, 12, 10, 16]);
      expect(found["decoder1/block"].shape).toEqual([2, 6, 5, 16]);
      const output = (model.predict(x) as tf.Tensor).dataSync();
      expectClose(found["softmax"].dataSync(), output, 1e-6, "softmax");
    });
  });

  it.each(MODEL_NAMES.filter((name) => name !== "resnextUnet"))(
    "reads every layer of %s, and leaves the model and the memory as they were",
    (name) => {
      const model = modelByName(name, { ...size, ...modelSettings(name, small) });
      const x = images();
      const before = (model.predict(x) as tf.Tensor).dataSync();
      const paths = [...layerPaths(model)].filter(
        ([, layer]) => layer.getClassName() !== "InputLayer",
      );
      const tensors = tf.memory().numTensors;
      const found = captureActivations(
        model,
        paths.map(([path]) => path),
        x,
      );
      expect(Object.keys(found).sort()).toEqual(paths.map(([path]) => path).sort());
      tf.dispose(found);
      expect(tf.memory().numTensors).toBe(tensors);
      for (const [, layer] of paths) expect(Object.hasOwn(layer, "call")).toBe(false);
      expect((model.predict(x) as tf.Tensor).dataSync()).toEqual(before);
    },
  );

  it("gives the last run of a layer that runs several times", () => {
    const model = r2unet({ ...size, filters: 4, depth: 1, steps: 2, normalization: "none" });
    tf.tidy(() => {
      const paths = ["encoder0", "encoder0/projection", "encoder0/conv2"];
      const found = captureActivations(model, paths, images());
      // The block's output is the projection plus the last run of its second convolution.
      const sum = tf.add(found["encoder0/projection"], tf.relu(found["encoder0/conv2"]));
      expectClose(found["encoder0"].dataSync(), sum.dataSync(), 1e-5, "sum");
    });
  });

  it("goes into models that are layers", () => {
    const inner = tf.sequential({
      name: "inner",
      layers: [tf.layers.dense({ name: "deep", units: 3, inputShape: [2] })],
    });
    const input = tf.input({ shape: [2] });
    const model = tf.model({ inputs: input, outputs: inner.apply(input) as tf.SymbolicTensor });
    tf.tidy(() => {
      const x = tf.ones([1, 2]);
      const found = captureActivations(model, ["inner/deep"], x);
      const wanted = (model.predict(x) as tf.Tensor).dataSync();
      expect(found["inner/deep"].dataSync()).toEqual(wanted);
    });
  });

  it("gives inputs too, where it is asked for whole calls", () => {
    const model = residualAttentionUnet({ ...size, ...{ filters: 8, depth: 2 } });
    tf.tidy(() => {
      const { decoder0 } = captureCalls(model, ["decoder0"], images());
      expect(decoder0.inputs.map(({ shape }) => shape)).toEqual([
        [2, 6, 5, 16],
        [2, 12, 10, 8],
      ]);
    });
  });

  it("names the nearest path for one that there is not", () => {
    const model = residualAttentionUnet({ ...size, ...{ filters: 8, depth: 2 } });
    expect(() => captureActivations(model, ["decoder0/atention"], images())).toThrow(
      'captureActivations("residualAttentionUnet"): expected the path of a layer, as layerPaths(model) ' +
        'lists them, got "decoder0/atention". Did you mean "decoder0/attention"?',
    );
  });

  it("refuses images of another size, which tfjs would run", () => {
    const model = residualAttentionUnet({ ...size, ...{ filters: 8, depth: 2 } });
    const [, height, width, channels] = model.inputs[0].shape.map(Number);
    const shape: [number, number, number, number] = [1, 2 * height, width, channels];
    expect(() => captureActivations(model, ["bridge"], tf.zeros(shape))).toThrow(
      `captureActivations("residualAttentionUnet"): expected images of [?, ${height}, ${width}, ${channels}], ` +
        `got [${shape.join(", ")}]`,
    );
  });

  it("keeps nothing where the model throws", () => {
    const model = residualAttentionUnet({ ...size, ...{ filters: 8, depth: 2 } });
    const batch = images();
    jest.spyOn(model.getLayer("bridge"), "call").mockImplementation(() => {
      throw new Error("broken");
    });
    const tensors = tf.memory().numTensors;
    expect(() => captureActivations(model, ["encoder0", "pool0"], batch)).toThrow("broken");
    expect(tf.memory().numTensors).toBe(tensors);
    expect(Object.hasOwn(model.getLayer("encoder0"), "call")).toBe(false);
  });
});
