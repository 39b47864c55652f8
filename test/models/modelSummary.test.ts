import * as tf from "@tensorflow/tfjs";
import { loadEngine } from "../../src/engine/load";
import { modelSettings } from "../../src/models/modelArguments";
import { modelByName } from "../../src/models/modelByName";
import { MODEL_NAMES } from "../../src/models/modelNames";
import { ModelSummary, summarizeModel } from "../../src/models/modelSummary";
import { resnext50 } from "../../src/models/resnext50";
import { unet } from "../../src/models/unet";

beforeAll(() => {
  loadEngine();
});

describe("summarizeModel", () => {
  it("counts the design's U-Net step: 18.1 GFLOP for four images of 128 x 128, forward and back", () => {
    const { gigaOperations } = summarizeModel(unet({ inputShape: [128, 128, 1], numClasses: 4 }));
    // Backward is twice forward; the rest is what is no convolution.
    expect(gigaOperations * 4 * 3).toBeGreaterThan(18);
    expect(gigaOperations * 4 * 3).toBeLessThan(18.7);
  });

  it("counts what torchvision publishes for ResNeXt-50: 4.23 billion multiply-adds at 224 x 224", () => {
    const summary = summarizeModel(resnext50({ inputShape: [null, null, 3] }), [224, 224, 3]);
    expect(summary.trainableParameters).toBe(25_028_904);
    expect(summary.gigaOperations / 2).toBeGreaterThan(4.23);
    expect(summary.gigaOperations / 2).toBeLessThan(4.3);
  });

  it("counts tfjs' own layers by their kernels", () => {
    const input = tf.input({ shape: [8, 6, 3] });
    const conv = tf.layers.conv2d({ name: "conv", filters: 5, kernelSize: 3, padding: "same" });
    const up = tf.layers.conv2dTranspose({ name: "up", filters: 2, kernelSize: 2, strides: 2 });
    const dense = tf.layers.dense({ name: "dense", units: 7 });
    const outputs = dense.apply(up.apply(conv.apply(input))) as tf.SymbolicTensor;
    const { rows } = summarizeModel(tf.model({ inputs: input, outputs }));
    const operations = rows.map((row) => [row.name, Math.round(row.gigaOperations * 1e9)]);
    expect(operations.slice(1)).toEqual([
      ["conv", 2 * 9 * 3 * 5 * 48],
      ["up", 2 * 4 * 2 * 5 * 48],
      ["dense", 2 * 2 * 7 * 16 * 12],
    ]);
  });

  it.each(MODEL_NAMES)("counts every layer of %s", (name) => {
    const size = { inputShape: [32, 48, 3], numClasses: 3 } as const;
    const model = modelByName(name, { ...size, ...modelSettings(name, { filters: 8, depth: 2 }) });
    const summary = summarizeModel(model);
    expect(summary.parameters).toBe(model.countParams());
    expect(summary.rows.map((row) => row.name)).toEqual(model.layers.map((layer) => layer.name));
    for (const row of summary.rows.slice(1)) expect(row.gigaOperations).toBeGreaterThan(0);
    const shapes = model.layers.map((layer) => {
      const shape = layer.outputShape;
      return Array.isArray(shape[0]) ? shape[0] : shape;
    });
    expect(summary.rows.map((row) => row.outputShape)).toEqual(shapes);
  });

  it("lays the table out for a terminal and a notebook", () => {
    const args = { inputShape: [32, 32, 1], numClasses: 3, filters: 4, depth: 1 } as const;
    const summary = summarizeModel(unet(args));
    const lines = summary.toString().split("\n");
    expect(lines[0]).toMatch(/^layer +type +output +parameters +GFLOP$/);
    expect(lines.at(-1)).toMatch(/^unet +1,747 +0\.002$/);
    const bundle = (summary as unknown as Record<symbol, () => Record<string, string>>)[
      Symbol.for("Jupyter.display")
    ].call(summary);
    expect(bundle["text/html"]).toContain('<td style="text-align:left">encoder0</td>');
    expect(bundle["text/plain"]).toBe(summary.toString());
  });

  it("escapes the names of layers", () => {
    const row = {
      ...{ name: "a<b>&c", type: "Dense", outputShape: [null, 1] },
      ...{ parameters: 3, trainableParameters: 3, gigaOperations: 0 },
    };
    const summary = new ModelSummary("<i>", [row]) as unknown as Record<
      symbol,
      () => Record<string, string>
    >;
    const { "text/html": html } = summary[Symbol.for("Jupyter.display")]();
    expect(html).toContain(">a&lt;b&gt;&amp;c</td>");
    expect(html).not.toMatch(/<b>|<i>/);
  });

  it("asks for the size that a model leaves open", () => {
    const model = unet({ inputShape: [null, null, 1], numClasses: 3, filters: 4, depth: 1 });
    expect(() => summarizeModel(model)).toThrow(
      'summarizeModel("unet").inputShape: expected sizes for [?, ?, 1], got [?, ?, 1]',
    );
    expect(summarizeModel(model, [16, 16, 1]).rows.at(-1)?.outputShape).toEqual([null, 16, 16, 3]);
  });
});
