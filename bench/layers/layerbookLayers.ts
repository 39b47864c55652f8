import * as tf from "@tensorflow/tfjs";
import { createRandom } from "../../src/core/random";
import { loadEngine } from "../../src/engine/load";
import { createProgram } from "../../src/engine/program";
import { GroupedConv2D } from "../../src/layers/GroupedConv2D";
import { MultiHeadAttention } from "../../src/layers/MultiHeadAttention";
import { ResNeXtBlock } from "../../src/layers/ResNeXtBlock";
import { serve } from "../support/serve";

// node layerbookLayers.cjs LAYER BATCH HEIGHT WIDTH CHANNELS IMPLEMENTATION
const [name, ...rest] = process.argv.slice(2);
const [batch, height, width, channels] = rest.slice(0, 4).map(Number);
const implementation = rest[4];
const { problem } = loadEngine();
if (problem !== null) throw new Error(problem);

function createLayer(): tf.layers.Layer {
  switch (name) {
    case "groupedConv":
      return new GroupedConv2D({ filters: channels, kernelSize: 3, groups: 32, useBias: false });
    case "resnext":
      return new ResNeXtBlock({ filters: channels, cardinality: 32, width: channels });
    case "multiHead":
      return new MultiHeadAttention({ numHeads: 4, keyDim: channels / 4 });
    default:
      throw new Error(`expected groupedConv, resnext or multiHead, got ${name}`);
  }
}

const shape =
  name === "multiHead" ? [batch, height * width, channels] : [batch, height, width, channels];
const random = createRandom(7);
const draw = (): tf.Tensor =>
  tf.tensor(
    Float32Array.from({ length: batch * height * width * channels }, () => random.normal()),
    shape,
  );
// A variable, so that it has a gradient like the weights.
const x = tf.variable(draw());
const direction = draw();
const layer = createLayer();
layer.apply(tf.input({ batchShape: shape }));

const step = (weights: tf.Tensor): { value: tf.Scalar; grads: tf.NamedTensorMap } =>
  tf.variableGrads(() => {
    const output = layer.apply(x, { training: true }) as tf.Tensor;
    return tf.sum(tf.mul(output, weights));
  });
const compiled = createProgram().compile(step, { name });
const run = implementation === "layerbook-eager" ? step : compiled;

const once = (): void => {
  const { value, grads } = run(direction);
  value.dataSync();
  tf.dispose([value, grads]);
};
once();
const parameters = layer.trainableWeights.reduce(
  (total, weight) => total + weight.shape.reduce<number>((n, size) => n * (size ?? 1), 1),
  0,
);
serve(once, { parameters });
