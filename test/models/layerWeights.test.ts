import * as tf from "@tensorflow/tfjs";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bytesSource } from "../../src/core/weights/WeightTensor";
import { readSafetensors } from "../../src/core/weights/safetensors";
import { loadEngine } from "../../src/engine/load";
import { readKerasWeightsFile } from "../../src/engine/weights/kerasWeightsFile";
import { BatchNormalization } from "../../src/layers/BatchNormalization";
import { LayerNormalization } from "../../src/layers/LayerNormalization";
import { assignWeights } from "../../src/models/weights/assignWeights";
import {
  joinTorchLstmBiases,
  kerasLayerNames,
  torchLayerNames,
} from "../../src/models/weights/layerNames";
import { expectClose } from "../support/close";
import { readCases } from "../support/layerGolden";

loadEngine();

interface FileCase {
  readonly name: string;
  readonly file: string;
  readonly inputs: readonly number[][];
  readonly outputs: readonly number[][];
}
const [keras, torch] = readCases<FileCase>("layerWeights");

/** The model of the file, with Keras' or PyTorch's epsilon and LSTM. */
function make(epsilon: number, recurrentActivation: "sigmoid"): tf.LayersModel {
  const [image, steps] = [tf.input({ shape: [5, 7, 2] }), tf.input({ shape: [6, 3] })];
  const layers = [
    tf.layers.conv2d({
      name: "conv",
      filters: 4,
      kernelSize: 3,
      padding: "same",
    }),
    new BatchNormalization({ name: "batch", epsilon }),
    new LayerNormalization({ name: "layer", epsilon }),
    tf.layers.dense({ name: "dense", units: 3 }),
  ];
  const x = layers.reduce((y, layer) => layer.apply(y) as tf.SymbolicTensor, image);
  const y = tf.layers.lstm({ name: "lstm", units: 5, recurrentActivation }).apply(steps);
  return tf.model({
    inputs: [image, steps],
    outputs: [x, y as tf.SymbolicTensor],
  });
}

function expectOutputs(model: tf.LayersModel, { inputs, outputs }: FileCase): void {
  tf.tidy(() => {
    const given = [tf.tensor(inputs[0], [2, 5, 7, 2]), tf.tensor(inputs[1], [2, 6, 3])];
    (model.predict(given) as tf.Tensor[]).forEach((output, index) => {
      expectClose(output.dataSync(), outputs[index], 1e-4, `output ${index}`);
    });
  });
}

const kinds = {
  conv: "convolution",
  batch: "batchNormalization",
  layer: "layerNormalization",
  dense: "dense",
  lstm: "lstm",
} as const;

describe("weights of single layers", () => {
  it("come from a Keras .weights.h5 file", async () => {
    const folder = mkdtempSync(join(tmpdir(), "layers-"));
    const path = join(folder, "all.weights.h5");
    writeFileSync(path, Buffer.from(keras.file, "base64"));
    const tensors = await readKerasWeightsFile(path);
    rmSync(folder, { recursive: true });
    const model = make(1e-3, "sigmoid");
    const names = kerasLayerNames({
      conv: { kind: kinds.conv, place: "layers/conv2d" },
      batch: { kind: kinds.batch, place: "layers/batch_normalization" },
      layer: { kind: kinds.layer, place: "layers/layer_normalization" },
      dense: { kind: kinds.dense, place: "layers/dense" },
      lstm: { kind: kinds.lstm, place: "layers/lstm" },
    });
    assignWeights(model, tensors, names);
    expectOutputs(model, keras);
  });

  it("come from a PyTorch state dict", () => {
    const bytes = new Uint8Array(Buffer.from(torch.file, "base64"));
    const tensors = readSafetensors("state", bytesSource(bytes));
    const layers = Object.entries(kinds).map(([place, kind]) => [place, { kind, place }] as const);
    // The two biases of the LSTM may have been added up before.
    for (const given of [tensors, joinTorchLstmBiases(tensors)]) {
      const model = make(1e-5, "sigmoid");
      assignWeights(model, given, torchLayerNames(Object.fromEntries(layers)));
      expectOutputs(model, torch);
    }
  });

  it("say what the file and the model have where a name is wrong", () => {
    const model = tf.sequential({
      layers: [tf.layers.dense({ units: 1, useBias: false, inputShape: [2], name: "head" })],
    });
    const weight = { shape: [1, 2], values: Float32Array.of(1, 2) };
    const assign = (layer: string, place: string, file: string) => () =>
      assignWeights(
        model,
        new Map([[file, weight]]),
        torchLayerNames({ [layer]: { kind: "dense", place } }),
      );
    expect(assign("head", "decoder.heads", "decoder.head.weight")).toThrow(
      /tensor "decoder\.heads\.weight" \[1, 2\], got none .*Did you mean "decoder\.head\.weight"/,
    );
    expect(assign("head", "x", "stem.weight")).toThrow(/The file has stem\.weight\./);
    expect(assign("haed", "head", "head.weight")).toThrow(
      /names of layers that the model has, got none of them\. Its layers with weights are head\./,
    );
  });

  it("say which kind is unknown", () => {
    const layers = { head: { kind: "dens" as never, place: "head" } };
    expect(() => torchLayerNames(layers)).toThrow(/PyTorch layer "head": .*Did you mean "dense"/);
    const names = kerasLayerNames({
      head: { kind: "dense", place: "layers/dense" },
    });
    expect(() => names.foreign("head/gamma")).toThrow(/got "head\/gamma"/);
  });
});
