import * as tf from "@tensorflow/tfjs";
import { modelByName } from "../../src/models";
import { modelGraph } from "../../src/viz";
import { modelBlocks } from "../../src/viz/diagrams/modelBlocks";
import { placeBlocks } from "../../src/viz/diagrams/placeBlocks";
import { expectPicture } from "./support/gallery";

const dense = (units: number, name: string): tf.layers.Layer => tf.layers.dense({ units, name });

describe("modelGraph", () => {
  it("draws the U-Net as a U: one row per resolution, horizontal skip connections", () => {
    const model = modelByName("unet", {
      inputShape: [64, 64, 1],
      numClasses: 3,
      filters: 8,
      depth: 3,
    });
    const blocks = modelBlocks(model.outputs);
    const places = placeBlocks(blocks);
    const rows = places.map(({ row }) => row);
    expect(Math.max(...rows)).toBe(3);
    expect([rows[0], rows.at(-1)]).toEqual([0, 0]);
    expect(blocks.reduce((sum, { parameters }) => sum + parameters, 0)).toBe(model.countParams());
    expectPicture("modelGraph", modelGraph(model).svg ?? "");
    model.dispose();
  });

  it("draws every network of the toolkit, and counts each layer's parameters once", () => {
    for (const name of [
      "residualAttentionUnet",
      "attentionUnet",
      "fcn8s",
      "r2unet",
      "multiResUnet",
    ]) {
      const model = modelByName(name, { inputShape: [64, 64, 1], numClasses: 3 });
      const blocks = modelBlocks(model.outputs);
      expect(blocks.reduce((sum, { parameters }) => sum + parameters, 0)).toBe(model.countParams());
      expect(modelGraph(model).svg).not.toMatch(/NaN|undefined|Infinity/);
      model.dispose();
    }
  });

  it("draws a layer that is called twice, several outputs, and vectors", () => {
    const input = tf.input({ shape: [4], name: "in" });
    const shared = dense(4, "shared");
    const once = shared.apply(input) as tf.SymbolicTensor;
    const twice = shared.apply(once) as tf.SymbolicTensor;
    const left = dense(2, "left").apply(twice) as tf.SymbolicTensor;
    const right = dense(3, "right").apply(twice) as tf.SymbolicTensor;
    const model = tf.model({ inputs: input, outputs: [left, right], name: "two heads" });
    const figure = modelGraph(model);
    expect(figure.description).toBe(
      "Diagram of two heads: 4 layers in 3 blocks at 1 resolution, 45 parameters.",
    );
    model.dispose();
  });

  it("refuses a model that is not built", () => {
    expect(() => modelGraph(tf.sequential())).toThrow(/modelGraph: expected a built layers model/);
  });
});
