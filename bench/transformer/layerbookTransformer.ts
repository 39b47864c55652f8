import * as tf from "@tensorflow/tfjs";
import { createOptimizer } from "../../src/core/optimizers";
import { sparseSoftmaxCrossEntropy } from "../../src/core/ops/sparseSoftmaxCrossEntropy";
import { createRandom } from "../../src/core/random";
import { loadEngine } from "../../src/engine/load";
import { createProgram } from "../../src/engine/program";
import { LayerNormalization } from "../../src/layers/LayerNormalization";
import { PositionEmbedding } from "../../src/layers/PositionEmbedding";
import { TransformerBlock } from "../../src/layers/TransformerBlock";
import { serve } from "../support/serve";

// node layerbookTransformer.cjs BATCH TOKENS WIDTH HEADS BLOCKS VOCABULARY IMPLEMENTATION
const [batch, tokens, width, numHeads, blocks, vocabulary] = process.argv.slice(2, 8).map(Number);
const implementation = process.argv[8];
const { problem } = loadEngine();
if (problem !== null) throw new Error(problem);

const input = tf.input({ shape: [tokens] });
const embedding = tf.layers.embedding({ inputDim: vocabulary, outputDim: width });
let x = embedding.apply(input) as tf.SymbolicTensor;
x = new PositionEmbedding({ sequenceLength: tokens }).apply(x) as tf.SymbolicTensor;
for (let block = 0; block < blocks; block++) {
  const layer = new TransformerBlock({ numHeads, causal: true, name: `block${block}` });
  x = layer.apply(x) as tf.SymbolicTensor;
}
x = new LayerNormalization({ epsilon: 1e-5 }).apply(x) as tf.SymbolicTensor;
const outputs = tf.layers.dense({ units: vocabulary }).apply(x) as tf.SymbolicTensor;
const model = tf.model({ inputs: input, outputs });

const weights = model.trainableWeights.map((weight) => weight.read() as tf.Variable);
const optimizer = createOptimizer({ name: "adam", learningRate: 1e-3 });
optimizer.build(weights);
const random = createRandom(7);
const draw = (): tf.Tensor2D =>
  tf.tensor2d(
    Int32Array.from({ length: batch * tokens }, () => random.integer(0, vocabulary)),
    [batch, tokens],
    "int32",
  );
const [given, next, rate] = [draw(), draw(), tf.scalar(1e-3)];

const step = (words: tf.Tensor, labels: tf.Tensor, learningRate: tf.Scalar): tf.Scalar => {
  const { value, grads } = tf.variableGrads(() => {
    const logits = model.apply(words, { training: true }) as tf.Tensor;
    return tf.mean<tf.Scalar>(sparseSoftmaxCrossEntropy(labels, logits));
  }, weights);
  optimizer.apply(grads, learningRate);
  return value;
};
const program = createProgram({
  precision: implementation === "layerbook-bfloat16" ? "bfloat16" : "float32",
});
const compiled = program.compile(step, { name: "train" });
const started = performance.now();
compiled.prepare(given, next, rate);
const recordMs = performance.now() - started;

serve(
  () => {
    const loss = compiled(given, next, rate);
    loss.dataSync();
    loss.dispose();
  },
  { parameters: model.countParams(), recordMs, nodes: compiled.recorded[0].nodes.length },
);
