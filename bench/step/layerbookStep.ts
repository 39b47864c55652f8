import * as tf from "@tensorflow/tfjs";
import { createOptimizer } from "../../src/core/optimizers";
import { createRandom } from "../../src/core/random";
import { loadEngine } from "../../src/engine/load";
import { createProgram } from "../../src/engine/program";
import { trainingStep } from "../../src/experiments/training/trainingStep";
import { crossEntropy } from "../../src/losses";
import { modelByName } from "../../src/models";
import { logitsModel } from "../../src/models/logitsModel";
import { countOperations } from "../support/countOperations";
import { serve } from "../support/serve";

// node layerbookStep.cjs MODEL BATCH SIZE IMPLEMENTATION: layerbook's training step.
const [name, batchText, sizeText, implementation] = process.argv.slice(2);
const [batch, size] = [Number(batchText), Number(sizeText)];
const { problem } = loadEngine();
if (problem !== null) throw new Error(problem);

const model = modelByName(name, { inputShape: [size, size, 1], numClasses: 3, seed: 1 });
const optimizer = createOptimizer({ name: "adam", learningRate: 1e-3 });
const step = trainingStep(logitsModel(model), crossEntropy(), optimizer);
const random = createRandom(7);
const pixels = batch * size * size;
const images = tf.tensor4d(
  Float32Array.from({ length: pixels }, () => random.uniform()),
  [batch, size, size, 1],
);
const labels = tf.tensor3d(
  Int32Array.from({ length: pixels }, () => random.integer(0, 3)),
  [batch, size, size],
  "int32",
);
const rate = tf.scalar(1e-3);

const program = createProgram({
  precision: implementation === "layerbook-bfloat16" ? "bfloat16" : "float32",
});
const compiled = program.compile(step, { name: "train" });
const isEager = implementation === "layerbook-eager";
const started = performance.now();
if (!isEager) compiled.prepare(images, labels, rate);
const recordMs = performance.now() - started;
const run = isEager ? step : compiled;

/** GFLOP/s of a float32 matrix product, the best of ten: an estimate of the machine's peak. */
function matrixProductRate(): number {
  const a = tf.ones<tf.Rank.R2>([2048, 2048]);
  const multiply = compileProduct();
  let best = 0;
  for (let i = 0; i < 10; i++) {
    const start = process.hrtime.bigint();
    tf.tidy(() => multiply(a).dataSync());
    best = Math.max(best, (2 * 2048 ** 3) / Number(process.hrtime.bigint() - start));
  }
  return best;
}

function compileProduct(): (a: tf.Tensor2D) => tf.Tensor {
  return createProgram().compile((a: tf.Tensor2D) => tf.slice(tf.matMul(a, a), [0, 0], [1, 1]), {
    name: "product",
  });
}

serve(
  () => {
    const { loss } = run(images, labels, rate);
    loss.dataSync();
    loss.dispose();
  },
  {
    parameters: model.countParams(),
    recordMs,
    ...(implementation === "layerbook"
      ? {
          gflop: countOperations(compiled.recorded[0]) / 1e9,
          gflopPerSecond: matrixProductRate(),
        }
      : {}),
  },
);
