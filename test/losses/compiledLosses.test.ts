import * as tf from "@tensorflow/tfjs";
import { loadEngine } from "../../src/engine/load";
import { compile } from "../../src/engine/program";
import { LOSS_NAMES, lossByName } from "../../src/losses";

beforeAll(() => {
  loadEngine();
});

it.each(LOSS_NAMES)("%s is the same value and gradient in a compiled graph", (name) => {
  if (tf.getBackend() !== "tensorflow") {
    console.warn("skipped: compiling needs the native engine");
    return;
  }
  const loss = lossByName(name, { classWeights: [1, 2, 3], ignoreLabel: 255 });
  const labels = tf.tensor([0, 1, 2, 255, 1, 0, 2, 1, 0, 0], [2, 5], "int32");
  const logits = tf.randomNormal([2, 5, 3], 0, 2, "float32", 7);
  const step = (yTrue: tf.Tensor, x: tf.Tensor): tf.Tensor[] => {
    const { value, grad } = tf.valueAndGrad((scores) => loss(yTrue, scores))(x);
    return [value, grad];
  };
  const compiled = compile(step);
  const rounds = [logits, tf.mul(logits, -0.5)].map((x) => [
    ...step(labels, x),
    ...compiled(labels, x),
  ]);
  for (const [value, grad, compiledValue, compiledGrad] of rounds) {
    expect(compiledValue.dataSync()[0]).toBeCloseTo(value.dataSync()[0], 5);
    const wanted = grad.dataSync();
    const largest = Math.max(
      ...compiledGrad.dataSync().map((entry, i) => Math.abs(entry - wanted[i])),
    );
    expect(largest).toBeLessThan(1e-6);
  }
});
