import * as tf from "@tensorflow/tfjs";
import { createRandom } from "../../src/core/random";
import { loadEngine } from "../../src/engine/load";
import { createPredictor } from "../../src/engine/predictor";
import { modelByName } from "../../src/models";
import { serve } from "../support/serve";
import { setNormsAsTrained } from "../support/normsAsTrained";

// node layerbookPredict.cjs BATCH SIZE IMPLEMENTATION: probabilities of a U-Net for a batch.
const [batchText, sizeText, implementation] = process.argv.slice(2);
const [batch, size] = [Number(batchText), Number(sizeText)];
const { problem } = loadEngine();
if (problem !== null) throw new Error(problem);

const model = modelByName("unet", { inputShape: [size, size, 1], numClasses: 3, seed: 1 });
const random = createRandom(7);
setNormsAsTrained(model);
const images = tf.tensor4d(
  Float32Array.from({ length: batch * size * size }, () => random.uniform()),
  [batch, size, size, 1],
);
const compiled = createPredictor(model, {
  precision: implementation === "layerbook-bfloat16" ? "bfloat16" : "float32",
});
const eager = (input: tf.Tensor): tf.Tensor =>
  tf.tidy(() => model.apply(input, { training: false }) as tf.Tensor);
const predict = implementation === "layerbook-eager" ? eager : compiled;

serve(
  () => {
    const output = predict(images);
    output.dataSync();
    output.dispose();
  },
  { parameters: model.countParams() },
);
