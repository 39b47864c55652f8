import * as tf from "@tensorflow/tfjs";
import { loadEngine } from "../../src/engine/load";
import { logitsModel } from "../../src/models/logitsModel";
import { expectClose } from "../support/close";

beforeAll(() => {
  loadEngine();
});

const dense = (args: Partial<Parameters<typeof tf.layers.dense>[0]> = {}): tf.layers.Layer =>
  tf.layers.dense({ units: 3, name: "scores", ...args });

function modelOf(...layers: tf.layers.Layer[]): tf.LayersModel {
  const input = tf.input({ shape: [5] });
  const outputs = layers.reduce((x, layer) => layer.apply(x) as tf.SymbolicTensor, input);
  return tf.model({ inputs: input, outputs, name: "net" });
}

/** The softmax of its scores is what the model itself says. */
function expectScores(model: tf.LayersModel, isProbability: boolean): void {
  tf.tidy(() => {
    const x = tf.randomNormal([7, 5], 0, 1, "float32", 3);
    const wanted = (model.predict(x) as tf.Tensor).dataSync();
    const scores = logitsModel(model).predict(x) as tf.Tensor;
    const found = isProbability ? tf.softmax(scores) : scores;
    expectClose(found.dataSync(), wanted, 1e-6, model.name);
  });
}

describe("logitsModel", () => {
  it.each([
    ["a softmax layer", [dense(), tf.layers.softmax()]],
    ["an activation layer", [dense(), tf.layers.activation({ activation: "softmax" })]],
    ["a softmax in the last layer", [dense({ activation: "softmax" })]],
    ["a model with a softmax", [modelOf(dense(), tf.layers.softmax())]],
  ])("takes %s off, whatever the layers are called", (_, layers) => {
    expectScores(modelOf(...layers), true);
  });

  it.each([
    ["no activation", [dense()]],
    ["a linear one", [dense({ activation: "linear" })]],
    ["a softmax somewhere else", [dense({ activation: "softmax" }), dense({ name: "last" })]],
  ])("leaves a model with %s as it is", (_, layers) => {
    expectScores(modelOf(...layers), false);
  });

  it("has a gradient through a softmax in the last layer: that of the cross-entropy", () => {
    tf.tidy(() => {
      const fused = modelOf(dense({ activation: "softmax" }));
      const plain = modelOf(dense());
      plain.setWeights(fused.getWeights());
      const x = tf.randomNormal([4, 5], 0, 1, "float32", 4);
      const labels = tf.oneHot([0, 2, 1, 1], 3).toFloat();
      const [wanted, found] = [plain, fused].map((model) => {
        const scores = logitsModel(model);
        const [kernel] = model.trainableWeights.map((weight) => weight.read() as tf.Variable);
        const loss = (): tf.Scalar =>
          tf.mean(tf.mul(tf.logSoftmax(scores.apply(x) as tf.Tensor), labels));
        return tf.variableGrads(loss, [kernel]).grads[kernel.name].dataSync();
      });
      expectClose(found, wanted, 1e-5, "gradient");
    });
  });

  it("refuses what is neither scores nor a softmax, and several outputs", () => {
    expect(() => logitsModel(modelOf(dense({ activation: "sigmoid" })))).toThrow(
      'logitsModel("net"): expected a model that ends in scores or their softmax, got the activation "sigmoid" in the last layer, "scores"',
    );
    const input = tf.input({ shape: [5] });
    const outputs = [dense(), dense({ name: "b" })].map(
      (layer) => layer.apply(input) as tf.SymbolicTensor,
    );
    const two = tf.model({ inputs: input, outputs, name: "two" });
    expect(() => logitsModel(two)).toThrow(
      'logitsModel("two"): expected a model with one output, got 2 outputs',
    );
  });
});
