import * as tf from "@tensorflow/tfjs";
import { createRandom } from "../../src/core/random";
import { loadEngine } from "../../src/engine/load";
import { createProgram } from "../../src/engine/program";
import { serve } from "../support/serve";

// node layerbookRecurrent.cjs LAYER BATCH STEPS CHANNELS UNITS
const name = process.argv[2];
const [batch, steps, channels, units] = process.argv.slice(3).map(Number);
const { problem } = loadEngine();
if (problem !== null) throw new Error(problem);

function createLayer(): tf.layers.Layer {
  const recurrentActivation = "sigmoid";
  // tfjs takes minutes to generate an orthogonal matrix.
  const recurrentInitializer = "glorotUniform";
  if (name === "LSTM") return tf.layers.lstm({ units, recurrentActivation, recurrentInitializer });
  if (name === "GRU") return tf.layers.gru({ units, recurrentActivation, recurrentInitializer });
  return tf.layers.simpleRNN({ units, recurrentInitializer });
}

const layer = createLayer();
layer.apply(tf.input({ shape: [steps, channels] }));
const random = createRandom(7);
const x = tf.tensor3d(
  Float32Array.from({ length: batch * steps * channels }, () => random.normal()),
  [batch, steps, channels],
);
const step = (input: tf.Tensor): { value: tf.Scalar; grads: tf.NamedTensorMap } =>
  tf.variableGrads(() => tf.sum(tf.square(layer.apply(input, { training: true }) as tf.Tensor)));
const compiled = createProgram().compile(step, { name });

serve(
  () => {
    const { value, grads } = compiled(x);
    value.dataSync();
    tf.dispose([value, grads]);
  },
  { parameters: layer.countParams() },
);
