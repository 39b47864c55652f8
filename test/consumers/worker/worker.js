import * as tf from "@tensorflow/tfjs";
import "@tensorflow/tfjs-backend-webgpu";
import { LSHAttention, SGD, diceLoss } from "layerbook";

/** One training step of a small network with LSH attention; the loss before and after it. */
async function trainOneStep(backend) {
  await tf.setBackend(backend);
  const input = tf.input({ shape: [8, 8, 4] });
  const attention = new LSHAttention({ numHeads: 2, keyDim: 4, bucketSize: 8, seed: 1 });
  const kernelInitializer = tf.initializers.glorotUniform({ seed: 1 });
  const logits = tf.layers.conv2d({ filters: 2, kernelSize: 1, kernelInitializer });
  const model = tf.model({ inputs: input, outputs: logits.apply(attention.apply(input)) });
  const x = tf.randomUniform([2, 8, 8, 4], 0, 1, "float32", 1);
  const labels = tf.cast(tf.greater(tf.mean(x, -1), 0.5), "int32");
  const lossOf = diceLoss();
  const loss = () => tf.mean(lossOf(labels, model.apply(x)));
  const before = (await loss().data())[0];
  new SGD({ learningRate: 0.05 }).minimize(loss);
  return { backend: tf.getBackend(), before, after: (await loss().data())[0] };
}

globalThis.onmessage = async ({ data: backend }) => {
  try {
    globalThis.postMessage(await trainOneStep(backend));
  } catch (error) {
    globalThis.postMessage({ error: String(error) });
  }
};
