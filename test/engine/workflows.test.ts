/** What people build on the engine: whole trainings, each as a user would write it. */
import * as tf from "@tensorflow/tfjs";
import { createOptimizer } from "../../src/core/optimizers";
import { statelessNormal } from "../../src/core/ops/statelessRandom";
import { SeedGenerator } from "../../src/core/seedGenerator";
import { loadEngine } from "../../src/engine/load";
import { compile, createProgram } from "../../src/engine/program";
import { PositionEmbedding, TransformerBlock } from "../../src/layers";
import { expectClose } from "../support/close";
import { createDraw } from "../support/layerGolden";

loadEngine();

const quiet = { log: () => undefined };

const weightsOf = (model: tf.LayersModel): tf.Variable[] =>
  model.trainableWeights.map((weight) => weight.read() as tf.Variable);
const copyOf = (model: tf.LayersModel): number[][] =>
  weightsOf(model).map((weight) => Array.from(weight.dataSync()));

/** A perceptron with weights that are drawn from a seed. */
function perceptron(sizes: readonly number[], seed: number, name: string): tf.Sequential {
  const draw = createDraw(seed);
  const model = tf.sequential({ name });
  sizes.slice(1).forEach((units, i) => {
    const activation = i === sizes.length - 2 ? "linear" : "tanh";
    model.add(tf.layers.dense({ units, activation, inputShape: [sizes[i]] }));
  });
  model.setWeights(model.getWeights().map(({ shape }) => tf.tensor(draw(shape, 0.5), shape)));
  return model;
}

const scores = (model: tf.LayersModel, x: tf.Tensor): tf.Tensor =>
  model.apply(x, { training: true }) as tf.Tensor;

describe("a GAN of two optimizers in one program", () => {
  const generator = perceptron([2, 8, 1], 1, "generator");
  const critic = perceptron([1, 8, 1], 2, "critic");
  const seeds = new SeedGenerator(5);
  const noise = (batch: number): tf.Tensor => statelessNormal([batch, 2], seeds.next());
  const crossEntropy = (logits: tf.Tensor, label: number): tf.Scalar =>
    tf.losses.sigmoidCrossEntropy(tf.fill(logits.shape, label), logits);
  const program = createProgram(quiet);
  const optimizers = [generator, critic].map((model) => {
    const optimizer = createOptimizer({ name: "adam", learningRate: 0.01, beta1: 0.5 });
    optimizer.build(weightsOf(model));
    return optimizer;
  });
  const trainCritic = program.compile(
    (real: tf.Tensor2D) => {
      const fake = generator.apply(noise(real.shape[0])) as tf.Tensor;
      const { value, grads } = tf.variableGrads(
        () => tf.add(crossEntropy(scores(critic, real), 1), crossEntropy(scores(critic, fake), 0)),
        weightsOf(critic),
      );
      optimizers[1].apply(grads);
      return value;
    },
    { name: "critic" },
  );
  const trainGenerator = program.compile(
    (real: tf.Tensor2D) => {
      const { value, grads } = tf.variableGrads(
        () => crossEntropy(scores(critic, scores(generator, noise(real.shape[0]))), 1),
        weightsOf(generator),
      );
      optimizers[0].apply(grads);
      return value;
    },
    { name: "generator" },
  );
  const data = (batch: number, seed: number): tf.Tensor2D =>
    tf.tensor2d(createDraw(seed)([batch, 1], 0.3, 2), [batch, 1]);

  it("moves the weights of one network at a time", () => {
    const before = [generator, critic].map(copyOf);
    trainCritic(data(16, 3));
    expect(copyOf(generator)).toEqual(before[0]);
    const middle = copyOf(critic);
    expect(middle).not.toEqual(before[1]);
    trainGenerator(data(16, 4));
    expect(copyOf(critic)).toEqual(middle);
    expect(copyOf(generator)).not.toEqual(before[0]);
  });

  it("learns where the data lie, batches of any size among them", () => {
    for (let step = 0; step < 400; step++) {
      const batch = data(step % 10 === 9 ? 11 : 32, 10 + step);
      trainCritic(batch).dispose();
      trainGenerator(batch).dispose();
      batch.dispose();
    }
    const made = generator.predict(statelessNormal([256, 2], seeds.next())) as tf.Tensor;
    expect(Math.abs(tf.mean(made).dataSync()[0] - 2)).toBeLessThan(0.5);
  });
});

describe("a gradient penalty", () => {
  const critic = perceptron([3, 7, 1], 6, "critic");
  const x = tf.tensor2d(createDraw(7)([4, 3]), [4, 3]);

  /** `mean (‖∂ critic / ∂ x‖ − 1)²`, as in WGAN-GP. */
  const penalty = (input: tf.Tensor): tf.Scalar => {
    const slopes = tf.grad((y: tf.Tensor) => tf.sum(scores(critic, y)))(input);
    const norms = tf.sqrt(tf.sum(tf.square(slopes), 1));
    return tf.mean(tf.square(tf.sub(norms, 1)));
  };
  const gradients = (input: tf.Tensor): tf.Tensor[] => {
    const { grads } = tf.variableGrads(() => penalty(input), weightsOf(critic).slice(0, 3));
    return weightsOf(critic)
      .slice(0, 3)
      .map(({ name }) => grads[name]);
  };

  it("has the right gradient to the weights, eager and compiled", () => {
    const got = gradients(x);
    const step = 1e-2;
    weightsOf(critic)
      .slice(0, 3)
      .forEach((weight, index) => {
        const start = weight.clone();
        const along = tf.tensor(createDraw(8 + index)(weight.shape), weight.shape);
        const [up, down] = [step, -step].map((by) => {
          weight.assign(tf.add(start, tf.mul(along, by)));
          return penalty(x).dataSync()[0];
        });
        weight.assign(start);
        const wanted = (up - down) / (2 * step);
        const slope = tf.sum(tf.mul(got[index], along)).dataSync()[0];
        expect(Math.abs(slope - wanted)).toBeLessThan(0.01 * Math.max(1, Math.abs(wanted)));
      });
    compile(
      gradients,
      quiet,
    )(x).forEach((gradient, index) =>
      expectClose(gradient.dataSync(), got[index].dataSync(), 1e-4, `weight ${index}`),
    );
  });
});

describe("a masked transformer", () => {
  it("learns to tell sentences of any length apart, by averaged weights too", async () => {
    const tokens = tf.input({ shape: [null], dtype: "int32" });
    const apply = (layer: tf.layers.Layer, ...inputs: tf.SymbolicTensor[]): tf.SymbolicTensor =>
      layer.apply(inputs.length === 1 ? inputs[0] : inputs) as tf.SymbolicTensor;
    const embedding = tf.layers.embedding({ inputDim: 7, outputDim: 8, maskZero: true });
    embedding.apply(tokens);
    embedding.setWeights([tf.tensor2d(createDraw(1)([7, 8], 0.5), [7, 8])]);
    let x = apply(embedding, tokens);
    x = apply(new PositionEmbedding({ sequenceLength: 9, seed: 1 }), x);
    x = apply(new TransformerBlock({ numHeads: 2, dropout: 0.1, seed: 1 }), x);
    x = apply(tf.layers.globalMaxPooling1d({}), x);
    const head = tf.layers.dense({ units: 2 });
    x = apply(head, x);
    head.setWeights([tf.tensor2d(createDraw(2)([8, 2], 0.5), [8, 2]), tf.zeros([2])]);
    const model = tf.model({ inputs: tokens, outputs: x });

    const optimizer = createOptimizer({
      name: "adamw",
      learningRate: 0.01,
      useEma: true,
      emaMomentum: 0.9,
    });
    const weights = weightsOf(model);
    optimizer.build(weights);
    const step = compile((words: tf.Tensor, labels: tf.Tensor) => {
      const { value, grads } = tf.variableGrads(() => {
        const logits = model.apply(words, { training: true }) as tf.Tensor;
        return tf.losses.softmaxCrossEntropy(tf.oneHot(labels, 2), logits);
      }, weights);
      optimizer.apply(grads);
      return value;
    }, quiet);
    /** Sentences of words 1 to 6, padded with 0; the label: whether a 6 is in it. */
    const sentences = (batch: number, length: number, seed: number) => {
      const draw = createDraw(seed);
      const words = Array.from(draw([batch, length]), (value, i) => {
        const isPadding = i % length > 2 && Math.floor(i / length) % 2 === 0;
        return isPadding ? 0 : 1 + (Math.floor(Math.abs(value) * 100) % 6);
      });
      const labels = Array.from({ length: batch }, (_, row) =>
        words.slice(row * length, (row + 1) * length).includes(6) ? 1 : 0,
      );
      return {
        words: tf.tensor2d(words, [batch, length], "int32"),
        labels: tf.tensor1d(labels, "int32"),
      };
    };
    for (let i = 0; i < 150; i++) {
      const { words, labels } = sentences(i % 7 === 6 ? 5 : 16, i % 3 === 2 ? 9 : 5, 20 + i);
      step(words, labels).dispose();
    }
    const test = sentences(64, 7, 9);
    const accuracy = (of: tf.LayersModel): number => {
      const found = tf.argMax(of.predict(test.words) as tf.Tensor, 1);
      return tf.mean(tf.cast(tf.equal(found, test.labels), "float32")).dataSync()[0];
    };
    expect(accuracy(model)).toBeGreaterThan(0.9);
    const trained = copyOf(model);
    optimizer.swapAverages();
    expect(accuracy(model)).toBeGreaterThan(0.9);
    expect(copyOf(model)).not.toEqual(trained);
    optimizer.swapAverages();
    expect(copyOf(model)).toEqual(trained);

    let saved: tf.io.ModelArtifacts = {};
    await model.save({
      save: (artifacts) => {
        saved = artifacts;
        return Promise.resolve({
          modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: "JSON" },
        });
      },
    });
    const loaded = await tf.loadLayersModel(tf.io.fromMemory(saved));
    const [one, two] = [model, loaded].map((each) => each.predict(test.words) as tf.Tensor);
    expectClose(two.dataSync(), one.dataSync(), 1e-6, "logits");
  });
});

describe("freezing", () => {
  it("trains the head, then all, each by an optimizer of its own", () => {
    const body = perceptron([3, 4], 1, "body");
    const model = tf.sequential({ layers: [body, tf.layers.dense({ units: 1 })] });
    const x = tf.tensor2d(createDraw(2)([6, 3]), [6, 3]);
    const trainer = () => {
      const weights = weightsOf(model);
      const optimizer = createOptimizer({ name: "rmsprop", learningRate: 0.01 });
      optimizer.build(weights);
      return compile((input: tf.Tensor) => {
        const { value, grads } = tf.variableGrads(
          () => tf.mean<tf.Scalar>(tf.square(tf.sub(scores(model, input), 1))),
          weights,
        );
        optimizer.apply(grads);
        return value;
      }, quiet);
    };
    const start = copyOf(body);
    body.trainable = false;
    const head = trainer();
    const first = head(x).dataSync()[0];
    for (let i = 0; i < 10; i++) head(x).dispose();
    expect(body.getWeights().map((weight) => Array.from(weight.dataSync()))).toEqual(start);
    body.trainable = true;
    const all = trainer();
    const middle = all(x).dataSync()[0];
    expect(middle).toBeLessThan(first);
    for (let i = 0; i < 10; i++) all(x).dispose();
    expect(copyOf(body)).not.toEqual(start);
    expect(all(x).dataSync()[0]).toBeLessThan(middle);
  });
});
