import * as tf from "@tensorflow/tfjs";
import { conv3dTranspose } from "../../src/core/ops/conv3dTranspose";
import { compile } from "../../src/engine/program";
import { loadEngine } from "../../src/engine/load";
import { BatchNormalization } from "../../src/layers/BatchNormalization";
import { ConvBlock } from "../../src/layers/ConvBlock";
import { GroupedConv1D } from "../../src/layers/GroupedConv1D";
import { GroupedConv3D } from "../../src/layers/GroupedConv3D";
import { ResNetBlock } from "../../src/layers/ResNetBlock";
import { ResNeXtBlock } from "../../src/layers/ResNeXtBlock";
import { UNetDecoderBlock } from "../../src/layers/UNetDecoderBlock";
import { UNetEncoderBlock } from "../../src/layers/UNetEncoderBlock";
import { checkLayer } from "../support/checkLayer";
import { expectClose } from "../support/close";
import { createDraw, expectGolden, readCases } from "../support/layerGolden";
import type { LayerCase } from "../support/layerGolden";

loadEngine();

type Five = [number, number, number, number, number];
const cases = readCases<LayerCase & { layer: string }>("spatialConvolutions");
const casesOf = (name: string) => cases.filter(({ layer }) => layer === name);

describe("grouped convolutions over one and three axes", () => {
  checkLayer(GroupedConv1D, {
    args: { filters: 6, kernelSize: 5, strides: 2, padding: 1, groups: 2, useBias: false },
    inputs: [[2, 11, 4]],
    output: [2, 5, 6],
    weights: 1,
  });
  checkLayer(GroupedConv3D, {
    args: {
      filters: 6,
      kernelSize: [1, 3, 2],
      strides: [1, 2, 1],
      padding: "valid",
      groups: 2,
      kernelInitializer: "heNormal",
      seed: 3,
    },
    inputs: [[2, 3, 7, 5, 4]],
    output: [2, 3, 3, 4, 6],
    weights: 2,
  });

  it.each(casesOf("GroupedConv1D"))("equals torch's conv1d: $name", (golden) => {
    expectGolden(new GroupedConv1D(golden.args as never), golden);
  });
  it.each(casesOf("GroupedConv3D"))("equals torch's conv3d: $name", (golden) => {
    expectGolden(new GroupedConv3D(golden.args as never), golden);
  });

  it("say what they wanted and got", () => {
    const layer = new GroupedConv3D({ filters: 2, kernelSize: 1, name: "conv" });
    expect(() => layer.apply(tf.zeros([1, 2, 3, 4]))).toThrow(
      'GroupedConv3D "conv": expected [batch, depth, height, width, channels] with known channels, got [1, 2, 3, 4]',
    );
    const narrow = { filters: 2, kernelSize: [3, 3] } as never;
    expect(() => new GroupedConv3D(narrow)).toThrow(/kernelSize: expected one size or 3/);
  });
});

describe("conv3dTranspose", () => {
  it.each(
    casesOf("conv3dTranspose").flatMap((golden) =>
      ["eager", "compiled"].map((mode) => ({ ...golden, mode })),
    ),
  )("equals torch's, $mode: $name", ({ mode, ...golden }) => {
    const draw = createDraw(golden.seed);
    const inputs = golden.inputs.map((shape) => tf.tensor(draw([...shape]), [...shape]));
    const outputShape = [...golden.outputShape] as Five;
    const direction = tf.tensor(draw(outputShape), outputShape);
    const { strides } = golden.args as unknown as { strides: [number, number, number] };
    const spread = (x: tf.Tensor, filter: tf.Tensor): tf.Tensor =>
      conv3dTranspose(x as tf.Tensor5D, filter as tf.Tensor5D, outputShape, strides);
    const run = (x: tf.Tensor, filter: tf.Tensor): tf.Tensor[] => [
      spread(x, filter),
      ...tf.grads((a, b) => tf.sum(tf.mul(spread(a, b), direction)))([x, filter]),
    ];
    const results = (mode === "eager" ? run : compile(run))(inputs[0], inputs[1]);
    const { input0, input1 } = golden.gradients;
    [golden.output, input0, input1].forEach((wanted, index) => {
      expectClose(results[index].dataSync(), wanted, 1e-4, ["output", "of x", "of filter"][index]);
    });
  });
});

describe("blocks over one and three axes", () => {
  checkLayer(ResNeXtBlock, {
    args: {
      filters: 6,
      cardinality: 2,
      width: 4,
      strides: 2,
      spatialDims: 3,
      normalization: "group",
    },
    inputs: [[1, 3, 5, 7, 4]],
    output: [1, 2, 3, 4, 6],
    weights: 12,
  });
  checkLayer(ResNeXtBlock, {
    args: { filters: 4, cardinality: 2, spatialDims: 1, seed: 5 },
    inputs: [[2, 11, 4]],
    output: [2, 11, 4],
    weights: 15,
  });
  checkLayer(UNetEncoderBlock, {
    args: { filters: 3, spatialDims: 3, normalization: "none" },
    inputs: [[1, 3, 5, 7, 2]],
    output: [
      [1, 3, 5, 7, 3],
      [1, 2, 3, 4, 3],
    ],
    weights: 4,
  });
  checkLayer(UNetDecoderBlock, {
    args: { filters: 3, spatialDims: 3, normalization: "none" },
    inputs: [
      [1, 2, 3, 2, 5],
      [1, 3, 5, 4, 2],
    ],
    output: [1, 3, 5, 4, 3],
    weights: 6,
  });

  const blockCases = readCases<LayerCase & { layer: string }>("spatialBlocks");
  const blocks: Record<string, (args: never) => tf.layers.Layer> = {
    BatchNormalization: (args) => new BatchNormalization(args),
    ConvBlock: (args) => new ConvBlock(args),
    ResNetBlock: (args) => new ResNetBlock(args),
    ResNeXtBlock: (args) => new ResNeXtBlock(args),
    UNetEncoderBlock: (args) => new UNetEncoderBlock(args),
    UNetDecoderBlock: (args) => new UNetDecoderBlock(args),
  };
  it.each(blockCases.map((golden) => ({ ...golden, title: `${golden.layer}, ${golden.name}` })))(
    "equal torch: $title",
    ({ layer, ...golden }) => expectGolden(blocks[layer](golden.args as never), golden),
  );

  it("train a 3D U-Net in a recorded step", () => {
    const input = tf.input({ shape: [4, 5, 6, 1] });
    const common = { spatialDims: 3, normalization: "group" } as const;
    const [skip, pooled] = new UNetEncoderBlock({ ...common, filters: 4 }).apply(
      input,
    ) as tf.SymbolicTensor[];
    const [middle] = new UNetEncoderBlock({ ...common, filters: 8 }).apply(
      pooled,
    ) as tf.SymbolicTensor[];
    const up = new UNetDecoderBlock({ ...common, filters: 4 }).apply([middle, skip]);
    const model = tf.model({ inputs: input, outputs: up as tf.SymbolicTensor });
    const draw = createDraw(1);
    const x = tf.tensor(draw([2, 4, 5, 6, 1]), [2, 4, 5, 6, 1]);
    const y = tf.tile(tf.cast(tf.greater(x, 0), "float32"), [1, 1, 1, 1, 4]);
    const weights = model.trainableWeights.map((weight) => weight.read() as tf.Variable);
    const step = compile((a: tf.Tensor, b: tf.Tensor) => {
      const { value, grads } = tf.variableGrads(
        () => tf.losses.meanSquaredError(b, model.apply(a, { training: true }) as tf.Tensor),
        weights,
      );
      for (const weight of weights) weight.assign(tf.sub(weight, tf.mul(grads[weight.name], 0.1)));
      return value;
    });
    const first = step(x, y).dataSync()[0];
    for (let i = 0; i < 20; i++) step(x, y).dispose();
    expect(step(x, y).dataSync()[0]).toBeLessThan(first * 0.7);
  });

  it("refuse what only images have", () => {
    const gate = { filters: 4, spatialDims: 3, attention: "gate" } as const;
    expect(() => new UNetDecoderBlock(gate)).toThrow(
      /attention: expected one of "none", "multiHead"/,
    );
    expect(() => new ResNeXtBlock({ filters: 4, spatialDims: 4 as never })).toThrow(/spatialDims/);
  });
});
