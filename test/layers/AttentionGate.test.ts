import * as tf from "@tensorflow/tfjs";
import { AttentionGate } from "../../src/layers/AttentionGate";
import { checkLayer } from "../support/checkLayer";
import { expectClose } from "../support/close";
import { expectGolden, readCases } from "../support/layerGolden";
import type { LayerCase } from "../support/layerGolden";

describe("AttentionGate", () => {
  checkLayer(AttentionGate, {
    args: { filters: 11, seed: 3, epsilon: 1e-3, momentum: 0.8 },
    inputs: [
      [2, 7, 13, 5],
      [2, 3, 5, 17],
    ],
    output: [2, 7, 13, 5],
    weights: 6,
  });

  it.each(readCases<LayerCase>("attentionGate"))(
    "equals MONAI or the equations: $name",
    (golden) => {
      expectGolden(new AttentionGate(golden.args as never), golden);
    },
  );

  it("shows the map that it multiplies by", () => {
    const gate = new AttentionGate({ filters: 3 });
    tf.tidy(() => {
      const inputs: [tf.Tensor, tf.Tensor] = [
        tf.randomNormal([2, 6, 10, 5]),
        tf.ones([2, 3, 5, 7]),
      ];
      const output = gate.apply(inputs) as tf.Tensor;
      const map = gate.attentionMap(inputs);
      expect(map.shape).toEqual([2, 6, 10, 1]);
      for (const weight of map.dataSync()) expect(weight > 0 && weight < 1).toBe(true);
      expectClose(tf.mul(inputs[0], map).dataSync(), output.dataSync(), 1e-6, "x times map");
    });
  });

  it("says what it wanted and got", () => {
    const gate = new AttentionGate({ name: "gate", filters: 3 });
    expect(() => gate.apply(tf.zeros([2, 6, 10, 5]))).toThrow(
      'AttentionGate "gate": expected [x, g], each [batch, height, width, channels], got [[2, 6, 10, 5]]',
    );
  });
});
