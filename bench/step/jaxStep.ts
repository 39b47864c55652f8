import { jit, lax, nn, numpy as np, valueAndGrad } from "@jax-js/jax";
import type { Array as JaxArray } from "@jax-js/jax";
import { serve } from "../support/serve";

// node jaxStep.cjs BATCH SIZE: the U-Net's training step in jax-js, jitted, on its WebAssembly backend
// (its only compiled backend on Node). NCHW, as its convolution requires.
const [batch, size] = process.argv.slice(2).map(Number);
const [MOMENTUM, EPSILON, RATE, BETA1, BETA2] = [0.9, 1e-5, 1e-3, 0.9, 0.999];

let seed = 7;
/** Uniform in [0, 1): the mulberry32 generator. */
function uniform(): number {
  seed = (seed + 0x6d2b79f5) | 0;
  let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
  t ^= t + Math.imul(t ^ (t >>> 7), 61 | t);
  return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
}

const product = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);

function draw(shape: number[], scale: number): JaxArray {
  const values = Float32Array.from({ length: product(shape) }, () => (uniform() - 0.5) * scale);
  return np.array(values).reshape(shape);
}

const weights: JaxArray[] = [];
const statistics: JaxArray[] = [];

/** Adds kernels and batch norms in the order in which {@link logitsOf} uses them. */
function addConvolution(
  outputs: number,
  inputs: number,
  kernel: number,
  isNormalized: boolean,
): void {
  weights.push(draw([outputs, inputs, kernel, kernel], Math.sqrt(24 / (inputs * kernel * kernel))));
  if (!isNormalized) return;
  weights.push(np.ones([1, outputs, 1, 1]), np.zeros([1, outputs, 1, 1]));
  statistics.push(np.zeros([1, outputs, 1, 1]), np.ones([1, outputs, 1, 1]));
}

function addBlock(outputs: number, inputs: number): void {
  addConvolution(outputs, inputs, 3, true);
  addConvolution(outputs, outputs, 3, true);
}

const WIDTHS = [16, 32, 64, 128, 256];
WIDTHS.forEach((width, level) => addBlock(width, level === 0 ? 1 : WIDTHS[level - 1]));
for (const width of WIDTHS.slice(0, 4).reverse()) {
  addConvolution(width, 2 * width, 2, false);
  addBlock(width, 2 * width);
}
addConvolution(3, 16, 1, false);
weights.push(np.zeros([1, 3, 1, 1]));

/** Logits [batch, 3, size, size] and the running statistics; every array is consumed by its last use. */
function logitsOf(
  given: readonly JaxArray[],
  running: readonly JaxArray[],
  images: JaxArray,
): { logits: JaxArray; moved: JaxArray[] } {
  const left = [...given];
  const [take, stale] = [() => left.shift() as JaxArray, [...running]];
  const moved: JaxArray[] = [];
  const blend = (before: JaxArray, now: JaxArray): JaxArray =>
    before.mul(MOMENTUM).add(now.mul(1 - MOMENTUM));

  const layer = (x: JaxArray): JaxArray => {
    const y = lax.conv(x, take(), [1, 1], "SAME");
    const mean = np.mean(y.ref, [0, 2, 3], { keepdims: true });
    const centred = y.sub(mean.ref);
    const variance = np.mean(np.square(centred.ref), [0, 2, 3], { keepdims: true });
    moved.push(blend(stale.shift() as JaxArray, lax.stopGradient(mean)));
    moved.push(blend(stale.shift() as JaxArray, lax.stopGradient(variance.ref)));
    const scaled = centred.mul(np.reciprocal(np.sqrt(variance.add(EPSILON))));
    return nn.relu(scaled.mul(take()).add(take()));
  };
  const block = (x: JaxArray): JaxArray => layer(layer(x));
  const halve = (x: JaxArray): JaxArray => {
    const [n, c, h, w] = x.shape;
    return np.max(x.reshape([n, c, h / 2, 2, w / 2, 2]), [3, 5]);
  };

  let x = images;
  const skips: JaxArray[] = [];
  for (let level = 0; level < 4; level++) {
    const skip = block(x);
    skips.push(skip.ref);
    x = halve(skip);
  }
  x = block(x);
  for (const skip of skips.reverse()) {
    // The kernel has the convolution's layout; each output pixel uses one of the 2 x 2 taps.
    x = lax.convTranspose(x, take(), [2, 2], "VALID");
    x = block(np.concatenate([skip, x], 1));
  }
  return { logits: lax.conv(x, take(), [1, 1], "SAME").add(take()), moved };
}

const lossAndGradients = valueAndGrad(
  (given: JaxArray[], running: JaxArray[], images: JaxArray, chosen: JaxArray) => {
    const { logits, moved } = logitsOf(given, running, images);
    const loss = np.mean(np.sum(nn.logSoftmax(logits, 1).mul(chosen), 1)).mul(-1);
    return [loss, moved] as [JaxArray, JaxArray[]];
  },
  { hasAux: true },
);

interface State {
  weights: JaxArray[];
  running: JaxArray[];
  means: JaxArray[];
  squares: JaxArray[];
}

const trainingStep = jit((state: State, rate: JaxArray, images: JaxArray, chosen: JaxArray) => {
  const [[loss, running], gradients] = lossAndGradients(
    state.weights.map((weight) => weight.ref),
    state.running,
    images,
    chosen,
  );
  const means = state.means.map((m, i) => m.mul(BETA1).add(gradients[i].ref.mul(1 - BETA1)));
  const squares = state.squares.map((v, i) =>
    v.mul(BETA2).add(np.square(gradients[i]).mul(1 - BETA2)),
  );
  const moved = state.weights.map((weight, i) =>
    weight.sub(means[i].ref.mul(rate.ref).mul(np.reciprocal(np.sqrt(squares[i].ref).add(1e-7)))),
  );
  rate.dispose();
  return { loss, state: { weights: moved, running, means, squares } };
});

const images = np
  .array(Float32Array.from({ length: batch * size * size }, uniform))
  .reshape([batch, 1, size, size]);
const pixels = size * size;
const classes = new Float32Array(batch * 3 * pixels);
for (let i = 0; i < batch; i++) {
  for (let pixel = 0; pixel < pixels; pixel++) {
    classes[(i * 3 + Math.floor(uniform() * 3)) * pixels + pixel] = 1;
  }
}
const chosen = np.array(classes).reshape([batch, 3, size, size]);
const parameters = [...weights, ...statistics].reduce((sum, { shape }) => sum + product(shape), 0);

let state: State = {
  weights,
  running: statistics,
  means: weights.map(({ shape }) => np.zeros(shape)),
  squares: weights.map(({ shape }) => np.zeros(shape)),
};
let steps = 0;

async function once(): Promise<void> {
  steps += 1;
  const rate = (RATE * Math.sqrt(1 - BETA2 ** steps)) / (1 - BETA1 ** steps);
  const result = trainingStep(state, np.array(rate), images.ref, chosen.ref);
  ({ state } = result);
  const loss = (await result.loss.jsAsync()) as number;
  if (!Number.isFinite(loss)) throw new Error(`the loss came to ${String(loss)}`);
  if (process.env["BENCH_VERBOSE"] !== undefined) console.error(loss);
}

serve(once, { parameters });
