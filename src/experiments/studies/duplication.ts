import * as tf from "@tensorflow/tfjs";
import { ConfigError } from "../../core/errors";
import { gatherRows } from "../../core/ops/gatherRows";
import { sparseSoftmaxCrossEntropy } from "../../core/ops/sparseSoftmaxCrossEntropy";
import { createOptimizer } from "../../core/optimizers";
import { createRandom } from "../../core/random";
import type { Random } from "../../core/random";
import { SeedGenerator } from "../../core/seedGenerator";
import { createProgram } from "../../engine/program";
import { lshAttention } from "../../layers/lsh/lshAttention";
import type { LshOptions } from "../../layers/lsh/options";

/** The kind of attention: a number of hash rounds, or full attention. */
export type Attending = number | "full";

export interface DuplicationOptions {
  /** Number of tokens of a sequence `0 w 0 w`, even; default 64. */
  readonly length?: number;
  /** `w` consists of the symbols `1 … symbols`; default 31. */
  readonly symbols?: number;
  /** Channels; default 64. */
  readonly dim?: number;
  /** Heads, each with separate rotations; default 4. */
  readonly numHeads?: number;
  /** Number of tokens per bucket; default 8. */
  readonly bucketSize?: number;
  /** Attention in training; default 4 rounds. */
  readonly trainedWith?: Attending;
  /** Attention in each evaluation; default full, 8, 4, 2 and 1 rounds. */
  readonly evaluatedWith?: readonly Attending[];
  /** Default 1200. */
  readonly steps?: number;
  /** Default 32. */
  readonly batchSize?: number;
  /** Initial learning rate of Adam, which falls to 0 as a half cosine; default 3e-3. */
  readonly learningRate?: number;
  /** Number of sequences per evaluation; default 128. */
  readonly evaluationSize?: number;
  /** Seed of weights, sequences and rotations; default 0. */
  readonly seed?: number;
  /** Whether to record the step as a graph; default true. */
  readonly compiled?: boolean;
  /** Called with the mean loss of every 50 steps. */
  readonly onProgress?: (step: number, loss: number) => void;
}

/** A row of {@link duplicationTable}. */
export interface DuplicationResult {
  readonly trainedWith: Attending;
  /** Mean cross-entropy of the last 50 steps. */
  readonly loss: number;
  /** Duration of the training, including recording. */
  readonly seconds: number;
  /** Fraction of the second `w` that is predicted correctly, in [0, 1]. */
  readonly accuracies: readonly { readonly evaluatedWith: Attending; readonly accuracy: number }[];
}

type Filled = Required<Omit<DuplicationOptions, "onProgress">>;

const PROGRESS_EVERY = 50;

function fill(options: DuplicationOptions): Filled {
  const filled = {
    length: 64,
    symbols: 31,
    dim: 64,
    numHeads: 4,
    bucketSize: 8,
    trainedWith: 4,
    evaluatedWith: ["full", 8, 4, 2, 1],
    steps: 1200,
    batchSize: 32,
    learningRate: 3e-3,
    evaluationSize: 128,
    seed: 0,
    compiled: true,
    ...options,
  } satisfies Filled;
  if (filled.dim % filled.numHeads !== 0) {
    throw new ConfigError({
      where: "trainDuplication.numHeads",
      expected: `a divisor of dim ${filled.dim}`,
      got: String(filled.numHeads),
    });
  }
  if (filled.length % 2 !== 0 || filled.length < 4) {
    throw new ConfigError({
      where: "trainDuplication.length",
      expected: "an even number of at least 4",
      got: String(filled.length),
    });
  }
  return filled;
}

/** Makes sequences `0 w 0 w` with random `w`, int32 `[count, length]`. */
export function duplicationSequences(
  random: Random,
  count: number,
  { length, symbols }: { length: number; symbols: number },
): tf.Tensor2D {
  const half = length / 2;
  const tokens = new Int32Array(count * length);
  for (let sequence = 0; sequence < count; sequence++) {
    for (let place = 1; place < half; place++) {
      const symbol = random.integer(1, symbols + 1);
      tokens[sequence * length + place] = symbol;
      tokens[sequence * length + half + place] = symbol;
    }
  }
  return tf.tensor2d(tokens, [count, length], "int32");
}

type Weights = Record<
  "token" | "position" | "qk" | "v" | "out" | "grow" | "growBias" | "shrink" | "logits",
  tf.Variable
>;

function makeWeights({ length, symbols, dim, seed }: Filled): Weights {
  const draw = (name: string, shape: number[], deviation: number): tf.Variable => {
    const random = createRandom(seed).fork(name);
    const size = tf.util.sizeFromShape(shape);
    const values = Float32Array.from({ length: size }, () => deviation * random.normal());
    return tf.tidy(() => tf.variable(tf.tensor(values, shape)));
  };
  const matrix = (name: string, from: number, to: number): tf.Variable =>
    draw(name, [from, to], Math.sqrt(1 / from));
  return {
    token: draw("token", [symbols + 1, dim], 0.5),
    position: draw("position", [length, dim], 0.5),
    qk: matrix("qk", dim, dim),
    v: matrix("v", dim, dim),
    out: matrix("out", dim, dim),
    grow: matrix("grow", dim, 2 * dim),
    growBias: draw("growBias", [2 * dim], 0),
    shrink: matrix("shrink", 2 * dim, dim),
    logits: matrix("logits", dim, symbols + 1),
  };
}

function attentionOptions(attending: Attending, { length, bucketSize }: Filled): LshOptions {
  if (attending !== "full") return { bucketSize, numHashes: attending, causal: true };
  // One round over two chunks reaches every token, so this is full attention with shared queries and keys.
  return { bucketSize: length / 2, numHashes: 1, attendAcrossBuckets: true, causal: true };
}

function normalise(x: tf.Tensor): tf.Tensor {
  const { mean, variance } = tf.moments(x, -1, true);
  return tf.mul(tf.sub(x, mean), tf.rsqrt(tf.add(variance, 1e-5)));
}

/** Logits `[count * (length / 2 - 1), …]` of the symbol after each token of the second half. */
function predict(
  w: Weights,
  tokens: tf.Tensor2D,
  seed: tf.Tensor1D,
  attending: Attending,
  filled: Filled,
): tf.Tensor2D {
  const { length, dim, numHeads } = filled;
  const count = tokens.shape[0];
  const dense = (x: tf.Tensor, weights: tf.Variable): tf.Tensor =>
    tf.matMul(tf.reshape<tf.Rank.R2>(x, [-1, x.shape[x.rank - 1]]), weights);
  const embedded = gatherRows(w.token as tf.Tensor2D, tf.reshape(tokens, [-1]));
  const x = tf.add(tf.reshape(embedded, [count, length, dim]), w.position);
  const inner = normalise(x);
  const perHead = (part: tf.Tensor): tf.Tensor4D =>
    tf.reshape(part, [count, length, numHeads, dim / numHeads]);
  const options = { ...attentionOptions(attending, filled), seed };
  const heads = lshAttention(perHead(dense(inner, w.qk)), perHead(dense(inner, w.v)), options);
  const attended = tf.reshape(heads, [count, length, dim]);
  const y = tf.add(x, tf.reshape(dense(attended, w.out), x.shape));
  const grown = tf.relu(tf.add(dense(normalise(y), w.grow), w.growBias));
  const z = tf.add(y, tf.reshape(dense(grown, w.shrink), x.shape));
  const second = tf.slice(z, [0, length / 2, 0], [count, length / 2 - 1, dim]);
  return dense(normalise(second), w.logits) as tf.Tensor2D;
}

/** The symbol after each token of the second half. */
function targets(tokens: tf.Tensor2D, { length }: Filled): tf.Tensor1D {
  const [count] = tokens.shape;
  return tf.reshape(tf.slice(tokens, [0, length / 2 + 1], [count, length / 2 - 1]), [-1]);
}

function accuracyOf(w: Weights, attending: Attending, filled: Filled): number {
  const { evaluationSize, batchSize, seed } = filled;
  const random = createRandom(seed).fork("evaluation");
  let [right, all] = [0, 0];
  for (let done = 0; done < evaluationSize; done += batchSize) {
    const [found, total] = tf.tidy(() => {
      const tokens = duplicationSequences(
        random,
        Math.min(batchSize, evaluationSize - done),
        filled,
      );
      const rotations = tf.tensor1d([seed + 1, done], "int32");
      const found = tf.argMax(predict(w, tokens, rotations, attending, filled), 1);
      const isRight = tf.equal(found, targets(tokens, filled));
      return [tf.sum(tf.cast(isRight, "int32")).dataSync()[0], isRight.size];
    });
    right += found;
    all += total;
  }
  return right / all;
}

/**
 * Trains one layer of causal attention to predict the second half of `0 w 0 w`, and evaluates it with
 * more and fewer rounds of hashing. This is the Reformer paper's test of what hashing loses. The paper's
 * sequences have 1024 tokens; these defaults train on two cores in minutes.
 *
 * @returns accuracies on new sequences
 * @throws ConfigError for an odd length, or heads that do not divide `dim`
 * @see Kitaev, Kaiser and Levskaya 2020, arXiv:2001.04451, section 4 and table 2
 */
export function trainDuplication(options: DuplicationOptions = {}): DuplicationResult {
  const filled = fill(options);
  const { trainedWith, evaluatedWith, steps, batchSize, learningRate, seed, compiled } = filled;
  const weights = makeWeights(filled);
  const seeds = new SeedGenerator(seed);
  const optimizer = createOptimizer({ name: "adam", learningRate });
  const step = (tokens: tf.Tensor2D, rate: tf.Scalar): tf.Scalar =>
    tf.tidy(() => {
      const rotations = seeds.next();
      const { value, grads } = tf.variableGrads(() => {
        const logits = predict(weights, tokens, rotations, trainedWith, filled);
        return tf.mean(sparseSoftmaxCrossEntropy(targets(tokens, filled), logits));
      }, Object.values(weights));
      optimizer.apply(grads, rate);
      return value;
    });
  const program = compiled ? createProgram() : null;
  const run = program?.compile(step, { name: "duplication" }) ?? step;
  const random = createRandom(seed).fork("training");
  let [sum, loss] = [0, NaN];
  const start = performance.now();
  for (let index = 0; index < steps; index++) {
    const rate = (learningRate / 2) * (1 + Math.cos((Math.PI * index) / steps));
    sum += tf.tidy(() => {
      const tokens = duplicationSequences(random, batchSize, filled);
      return run(tokens, tf.scalar(rate)).dataSync()[0];
    });
    if ((index + 1) % PROGRESS_EVERY !== 0) continue;
    [sum, loss] = [0, sum / PROGRESS_EVERY];
    options.onProgress?.(index + 1, loss);
  }
  program?.dispose();
  const seconds = (performance.now() - start) / 1000;
  const accuracies = evaluatedWith.map((attending) => ({
    evaluatedWith: attending,
    accuracy: accuracyOf(weights, attending, filled),
  }));
  tf.dispose(Object.values(weights));
  return { trainedWith, loss, seconds, accuracies };
}

const nameOf = (attending: Attending): string =>
  attending === "full" ? "full attention" : `LSH-${attending}`;

/** The paper's table 2 as Markdown, in percent: one row per training, one column per evaluation. */
export function duplicationTable(results: readonly DuplicationResult[]): string {
  const [first] = results;
  const header = ["trained with", ...first.accuracies.map((one) => nameOf(one.evaluatedWith))];
  const rows = results.map(({ trainedWith, accuracies }) => [
    nameOf(trainedWith),
    ...accuracies.map(({ accuracy }) => (100 * accuracy).toFixed(1)),
  ]);
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  return [line(header), line(header.map(() => "---")), ...rows.map(line)].join("\n");
}
