import * as tf from "@tensorflow/tfjs";
import { BackendError } from "../../src/core/errors";
import { SGD } from "../../src/core/optimizers";
import { GroupedConv2D } from "../../src/layers";

/** Runs `body` on a backend that lacks an op, as wasm lacks Conv2DBackpropFilter. */
function without(op: string, body: () => void): void {
  const kernel = tf.getKernel(op, "cpu");
  tf.unregisterKernel(op, "cpu");
  try {
    tf.tidy(body);
  } finally {
    tf.registerKernel(kernel);
  }
}

describe("an op that the backend lacks", () => {
  beforeAll(() => tf.setBackend("cpu"));

  const layer = new GroupedConv2D({ filters: 2, kernelSize: 3, groups: 1, name: "edge" });
  const model = tf.sequential({ layers: [tf.layers.inputLayer({ inputShape: [5, 7, 3] }), layer] });
  const x = tf.ones([1, 5, 7, 3]);

  it("is named with layer and backend in the forward pass", () => {
    without("Conv2D", () => {
      const run = () => model.apply(x);
      expect(run).toThrow(BackendError);
      expect(run).toThrow(/GroupedConv2D "edge": expected a backend that has Conv2D, got "cpu"/);
    });
  });

  it("is named in the backward pass, by fields too", () => {
    without("Conv2DBackpropFilter", () => {
      const loss = () => tf.mean<tf.Scalar>(model.apply(x) as tf.Tensor);
      const step = () => new SGD({ learningRate: 0.1 }).minimize(loss);
      expect(step).toThrow(/SGD, backward pass.*docs\/backends\.md/);
      expect(step).toThrow(
        expect.objectContaining({ op: "Conv2DBackpropFilter", backend: "cpu" }) as Error,
      );
    });
  });

  it("leaves a whole backend alone", () => {
    expect((model.apply(x) as tf.Tensor).shape).toEqual([1, 5, 7, 2]);
  });
});
