import * as tf from "@tensorflow/tfjs";
import { createRandom } from "../../src/core/random";
import { loadEngine } from "../../src/engine/load";
import { createProgram } from "../../src/engine/program";
import { LSHAttention } from "../../src/layers/LSHAttention";
import { peakMiB, serve } from "../support/serve";

// node layerbookAttention.cjs BATCH LENGTH IMPLEMENTATION: attention and its gradients.
const [batchText, lengthText, implementation] = process.argv.slice(2);
const [batch, length] = [Number(batchText), Number(lengthText)];
const { problem } = loadEngine();
if (problem !== null) throw new Error(problem);

const CHANNELS = 128;
const random = createRandom(7);
const draw = (): tf.Tensor3D =>
  tf.tensor3d(
    Float32Array.from({ length: batch * length * CHANNELS }, () => random.normal()),
    [batch, length, CHANNELS],
  );
// A variable, so that it has a gradient like the weights.
const x = tf.variable(draw());
const direction = draw();
const layer = new LSHAttention({
  numHeads: 4,
  keyDim: CHANNELS / 4,
  bucketSize: 64,
  numHashes: 4,
  scale: "sqrtDim",
  attendAcrossBuckets: true,
  discountDuplicates: false,
});
layer.build([batch, length, CHANNELS]);

const step = (weights: tf.Tensor): { value: tf.Scalar; grads: tf.NamedTensorMap } =>
  tf.variableGrads(() => {
    const output = layer.apply(x, { training: true }) as tf.Tensor;
    return tf.sum(tf.mul(output, weights));
  });
const compiled = createProgram().compile(step, { name: "attention" });
const run = implementation === "layerbook-eager" ? step : compiled;

const once = (): void => {
  const { value, grads } = run(direction);
  value.dataSync();
  tf.dispose([value, grads]);
};
once();
serve(once, { parameters: layer.countParams(), peakAtFirstMiB: peakMiB() ?? NaN });
