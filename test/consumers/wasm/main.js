import * as tf from "@tensorflow/tfjs";
import { setWasmPaths } from "@tensorflow/tfjs-backend-wasm";
import simd from "@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm";
import threaded from "@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-threaded-simd.wasm";
import plain from "@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm.wasm";
import { LSHAttention, SGD, diceLoss } from "layerbook";

// tfjs chooses one of three by the browser's features, and needs the URLs of all of them.
const at = (file) => new URL(file, import.meta.url).href;
setWasmPaths({
  "tfjs-backend-wasm.wasm": at(plain),
  "tfjs-backend-wasm-simd.wasm": at(simd),
  "tfjs-backend-wasm-threaded-simd.wasm": at(threaded),
});

function makeModel(head) {
  const input = tf.input({ shape: [8, 8, 4] });
  const attention = new LSHAttention({ numHeads: 2, keyDim: 4, bucketSize: 8, seed: 1 });
  return tf.model({ inputs: input, outputs: head.apply(attention.apply(input)) });
}

function lossOf(model) {
  const x = tf.randomUniform([2, 8, 8, 4], 0, 1, "float32", 1);
  const labels = tf.cast(tf.greater(tf.mean(x, -1), 0.5), "int32");
  const dice = diceLoss();
  return () => tf.mean(dice(labels, model.apply(x)));
}

/** One training step of LSH attention and a dense layer; the loss before and after it. */
globalThis.trainOneStep = async (backend) => {
  await tf.setBackend(backend);
  const kernelInitializer = tf.initializers.glorotUniform({ seed: 1 });
  const loss = lossOf(makeModel(tf.layers.dense({ units: 2, kernelInitializer })));
  const before = (await loss().data())[0];
  new SGD({ learningRate: 0.05 }).minimize(loss);
  return { backend: tf.getBackend(), before, after: (await loss().data())[0] };
};

/** WebAssembly has no gradient of a convolution; returns the error. */
globalThis.trainConvolution = async (backend) => {
  await tf.setBackend(backend);
  const model = makeModel(tf.layers.conv2d({ filters: 2, kernelSize: 1 }));
  try {
    new SGD({ learningRate: 0.05 }).minimize(lossOf(model));
    return null;
  } catch ({ message, op, backend }) {
    return { message, op, backend };
  }
};
