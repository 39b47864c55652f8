import * as tf from "@tensorflow/tfjs";
import { mkdtempSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createRandom } from "../../src/core/random";
import { exportSavedModel } from "../../src/engine/exportSavedModel";
import { loadEngine } from "../../src/engine/load";
import { requirePackage } from "../../src/files/packages";
import { MultiHeadAttention } from "../../src/layers";
import { modelByName, unet3d } from "../../src/models";
import type { ModelName } from "../../src/models";
import { runInOnnx, serveInPython, whyNoOnnx } from "../support/servedModel";
import type { NamedArrays } from "../support/servedModel";
import { tempFolder } from "../support/tempFolder";

loadEngine();

/** tfjs' own reader of SavedModels. */
interface Reader {
  readonly node: {
    loadSavedModel(folder: string): Promise<{
      predict(inputs: tf.NamedTensorMap): tf.NamedTensorMap;
      dispose(): void;
    }>;
  };
}
const { node } = requirePackage("@tensorflow/tfjs-node-gpu") as Reader;

const parent = tempFolder();
const newFolder = (): string => mkdtempSync(join(parent, "model-"));
const random = createRandom(4);
const normal = (shape: number[]): tf.Tensor =>
  tf.tensor(
    Float32Array.from({ length: tf.util.sizeFromShape(shape) }, () => random.normal()),
    shape,
  );

/** Token numbers, a padding mask and an image; a class each for tokens, and one for the whole. */
function manyInputs(): tf.LayersModel {
  const tokens = tf.input({ shape: [7], dtype: "int32", name: "tokens" });
  const words = tf.input({ shape: [7], dtype: "bool", name: "words" });
  const image = tf.input({ shape: [5, 3], name: "image" });
  const embedded = tf.layers.embedding({ inputDim: 11, outputDim: 8, name: "embed" }).apply(tokens);
  const attended = new MultiHeadAttention({
    ...{ numHeads: 2, keyDim: 4, maskInputs: ["key"] as const, name: "attend", seed: 5 },
  }).apply([embedded, words] as tf.SymbolicTensor[]) as tf.SymbolicTensor;
  const seen = tf.layers.globalAveragePooling1d({ name: "pool" }).apply(image);
  const perToken = tf.layers.dense({ units: 2, activation: "softmax", name: "perToken" });
  const whole = tf.layers.dense({ units: 3, name: "whole" });
  return tf.model({
    inputs: [tokens, words, image],
    outputs: [whole.apply(seen), perToken.apply(attended)] as tf.SymbolicTensor[],
  });
}

const inputsOf = (batch: number): tf.NamedTensorMap => ({
  tokens: tf.tensor(
    Array.from({ length: 7 * batch }, () => random.integer(0, 11)),
    [batch, 7],
    "int32",
  ),
  words: tf.tensor(
    Array.from({ length: 7 * batch }, (_, i) => i % 7 < 5),
    [batch, 7],
    "bool",
  ),
  image: normal([batch, 5, 3]),
});

function arraysOf(tensors: tf.NamedTensorMap): NamedArrays {
  return Object.fromEntries(
    Object.entries(tensors).map(([name, tensor]) => [
      name,
      { dtype: tensor.dtype, shape: tensor.shape, values: Array.from(tensor.dataSync()) },
    ]),
  );
}

/** What the model itself gives, by output name. */
function expectedOf(model: tf.LayersModel, inputs: tf.NamedTensorMap): NamedArrays {
  const given = model.inputNames.map((name) => inputs[name]);
  const outputs = model.predict(given.length === 1 ? given[0] : given);
  const list = Array.isArray(outputs) ? outputs : [outputs];
  return arraysOf(Object.fromEntries(model.outputNames.map((name, i) => [name, list[i]])));
}

function expectNear(got: NamedArrays, wanted: NamedArrays): void {
  expect(Object.keys(got).sort()).toEqual(Object.keys(wanted).sort());
  for (const [name, { dtype, shape, values }] of Object.entries(wanted)) {
    expect([name, got[name].dtype, got[name].shape]).toEqual([name, dtype, shape]);
    const distance = values.map((value, i) => Math.abs(value - got[name].values[i]));
    expect(Math.max(...distance)).toBeLessThan(1e-5);
  }
}

function smallModel(name: ModelName): tf.LayersModel {
  return modelByName(name, {
    ...{ inputShape: [16, 12, 1], numClasses: 3, filters: 8, depth: 1, seed: 2 },
    ...(name === "residualAttentionUnet" ? { blocks: 1, numHashes: 2, bucketSize: 16 } : {}),
  });
}

const imagesOf = (batch: number) => ({ image: normal([batch, 16, 12, 1]) });

function recurrent(): tf.Sequential {
  return tf.sequential({
    layers: [
      // In a recorded step it is an op of TensorFlow's own, which other runtimes rarely have.
      tf.layers.lstm({ units: 4, inputShape: [5, 3], recurrentActivation: "sigmoid" }),
      tf.layers.dense({ units: 2, name: "scores" }),
    ],
  });
}

/** Why the conversion to ONNX is not run here. */
const noOnnx = whyNoOnnx();
const itOnnx = noOnnx === null ? it : it.skip;
const onnxTitle = (title: string): string => (noOnnx === null ? title : `${title} (${noOnnx})`);

describe("exportSavedModel", () => {
  it("gives tfjs' own reader every output of several inputs, for any batch size", async () => {
    const model = manyInputs();
    const folder = newFolder();
    expect(exportSavedModel(model, folder)).toEqual({
      inputs: {
        tokens: { dtype: "int32", shape: [null, 7] },
        words: { dtype: "bool", shape: [null, 7] },
        image: { dtype: "float32", shape: [null, 5, 3] },
      },
      outputs: {
        whole: { dtype: "float32", shape: [null, 3] },
        perToken: { dtype: "float32", shape: [null, 7, 2] },
      },
    });
    const served = await node.loadSavedModel(folder);
    for (const batch of [1, 4]) {
      const inputs = inputsOf(batch);
      expectNear(arraysOf(served.predict(inputs)), expectedOf(model, inputs));
    }
    served.dispose();
  });

  it("takes a sequential model that has not run yet, its recurrent layer a loop", async () => {
    const model = recurrent();
    const folder = newFolder();
    const signature = exportSavedModel(model, folder);
    expect(Object.values(signature.inputs)).toEqual([{ dtype: "float32", shape: [null, 5, 3] }]);
    expect(signature.outputs).toEqual({ scores: { dtype: "float32", shape: [null, 2] } });
    expect(readFileSync(join(folder, "saved_model.pb"), "latin1")).not.toContain("BlockLSTM");
    const served = await node.loadSavedModel(folder);
    for (const batch of [1, 4]) {
      const inputs = { [model.inputNames[0]]: normal([batch, 5, 3]) };
      expectNear(arraysOf(served.predict(inputs)), expectedOf(model, inputs));
    }
    served.dispose();
  });

  it("gives Python's TensorFlow the same", () => {
    const model = manyInputs();
    const folder = newFolder();
    exportSavedModel(model, folder);
    const calls = [1, 4].map(inputsOf);
    const served = serveInPython(folder, calls.map(arraysOf));
    served.forEach((outputs, i) => expectNear(outputs, expectedOf(model, calls[i])));
  });

  it("gives Python's TensorFlow LSH attention for any batch size", () => {
    const model = smallModel("residualAttentionUnet");
    const folder = newFolder();
    exportSavedModel(model, folder);
    const calls = [1, 3].map((batch) => ({ image: normal([batch, 16, 12, 1]) }));
    const served = serveInPython(folder, calls.map(arraysOf));
    served.forEach((outputs, i) => expectNear(outputs, expectedOf(model, calls[i])));
  });

  itOnnx.each([
    ["unet", () => smallModel("unet"), imagesOf],
    ["residualAttentionUnet", () => smallModel("residualAttentionUnet"), imagesOf],
    [
      "unet3d",
      () => unet3d({ inputShape: [3, 7, 5, 1], numClasses: 2, filters: 4, depth: 1 }),
      (batch: number) => ({ volume: normal([batch, 3, 7, 5, 1]) }),
    ],
    ["many inputs", manyInputs, inputsOf],
  ] as const)(
    onnxTitle("gives ONNX Runtime the outputs of %s by way of tf2onnx"),
    (_name, make, feedsOf) => {
      const model = make();
      const folder = newFolder();
      exportSavedModel(model, folder);
      const calls = [1, 3].map((batch): tf.NamedTensorMap => feedsOf(batch));
      const served = runInOnnx(folder, calls.map(arraysOf));
      served.forEach((outputs, i) => expectNear(outputs, expectedOf(model, calls[i])));
    },
  );

  it("tells two outputs of one layer apart", () => {
    const input = tf.input({ shape: [3] });
    const layer = tf.layers.dense({ units: 2, name: "shared" });
    const twice = [1, 2].map((factor) =>
      layer.apply(tf.layers.dense({ units: 3, name: `in${factor}` }).apply(input)),
    );
    const model = tf.model({ inputs: input, outputs: twice as tf.SymbolicTensor[] });
    const { outputs } = exportSavedModel(model, newFolder());
    expect(Object.keys(outputs)).toEqual(["shared", "shared_1"]);
  });

  it("serves one batch size where that is asked for, or where ops go by it", () => {
    class ByBatch extends tf.layers.Layer {
      static className = "ByBatch";
      override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
        const x = Array.isArray(inputs) ? inputs[0] : inputs;
        return x.shape[0] > 2 ? tf.neg(x) : tf.square(x);
      }
    }
    const input = tf.input({ shape: [3], name: "x" });
    const model = tf.model({
      inputs: input,
      outputs: new ByBatch().apply(input) as tf.SymbolicTensor,
    });
    expect(() => exportSavedModel(model, newFolder())).toThrow(
      /same for every batch size.*such as \[\[1,3\]\]/,
    );
    const { inputs } = exportSavedModel(model, newFolder(), { inputShape: [4, 3] });
    expect(inputs["x"].shape).toEqual([4, 3]);
  });

  it("asks for sizes that the model leaves open, and for as many shapes as inputs", () => {
    const model = modelByName("unet", {
      ...{ inputShape: [null, null, 1], numClasses: 2, filters: 2, depth: 1 },
    });
    const wrong = (inputShape: readonly (number | null)[]) => (): unknown =>
      exportSavedModel(model, newFolder(), { inputShape });
    expect(() => exportSavedModel(model, newFolder())).toThrow(/known sizes.*Set inputShape/);
    expect(wrong([null, 8, 8])).toThrow(/known sizes/);
    expect(wrong([null, 8, 8, 3])).toThrow(/known sizes/);
    const { inputs } = exportSavedModel(model, newFolder(), { inputShape: [null, 8, 8, 1] });
    expect(inputs["image"].shape).toEqual([null, 8, 8, 1]);
    expect(() => exportSavedModel(manyInputs(), newFolder(), { inputShape: [1, 7] })).toThrow(
      /known sizes.*\[\?, 7\], \[\?, 7\], \[\?, 5, 3\]/,
    );
  });
});
