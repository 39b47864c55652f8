import * as tf from "@tensorflow/tfjs";
import { ConfigError, ShapeError } from "../../core/errors";
import { expectShape } from "../../core/shapes";

/** Options of {@link slidingWindowInference}, named as in MONAI. */
export interface SlidingWindowOptions {
  /** `[height, width]` of the windows. */
  readonly roiSize: readonly [number, number];
  /** Windows per batch; default 4. */
  readonly swBatchSize?: number;
  /** Overlap of neighbouring windows as a fraction of the window, in `[0, 1)`; default 0.25. */
  readonly overlap?: number;
  /** Window weights: equal (`"constant"`, default), or lower towards the edges (`"gaussian"`). */
  readonly mode?: "constant" | "gaussian";
  /** Standard deviation of `"gaussian"` as a fraction of the window; default 0.125. */
  readonly sigmaScale?: number;
}

/** Minimum weight of a pixel, as in MONAI. */
const LEAST_WEIGHT = 1e-3;

function checkOptions({ roiSize, swBatchSize, overlap, sigmaScale }: Filled): void {
  const fail = (name: string, expected: string, got: unknown): never => {
    throw new ConfigError({
      where: `slidingWindowInference.${name}`,
      expected,
      got: JSON.stringify(got),
    });
  };
  const isCount = (value: number): boolean => Number.isInteger(value) && value > 0;
  if (!roiSize.every(isCount)) fail("roiSize", "two positive integers", roiSize);
  if (!isCount(swBatchSize)) fail("swBatchSize", "a positive integer", swBatchSize);
  if (!(overlap >= 0 && overlap < 1)) fail("overlap", "a number in [0, 1)", overlap);
  if (!(sigmaScale > 0)) fail("sigmaScale", "a number above 0", sigmaScale);
}

type Filled = Required<SlidingWindowOptions>;

function fillOptions(options: SlidingWindowOptions): Filled {
  const filled: Filled = {
    ...{ swBatchSize: 4, overlap: 0.25, mode: "constant", sigmaScale: 0.125 },
    ...options,
  };
  checkOptions(filled);
  return filled;
}

/** Start positions of windows of size `roi`; the last window ends at the image's edge. */
function windowStarts(size: number, roi: number, overlap: number): number[] {
  const interval = size === roi ? roi : Math.max(1, Math.floor(roi * (1 - overlap)));
  const starts: number[] = [];
  for (let begin = 0; ; begin += interval) {
    starts.push(Math.min(begin, size - roi));
    if (begin + roi >= size) return starts;
  }
}

/** Number of windows for an image of `[height, width]`. */
export function countWindows(
  size: readonly [number, number],
  options: SlidingWindowOptions,
): number {
  const { roiSize, overlap } = fillOptions(options);
  const [rows, columns] = size.map((length, axis) =>
    windowStarts(Math.max(length, roiSize[axis]), roiSize[axis], overlap),
  );
  return rows.length * columns.length;
}

/** Weight of each pixel of a window. */
function windowWeights({ roiSize, mode, sigmaScale }: Filled): Float32Array {
  const [rows, columns] = roiSize.map((size) =>
    Array.from({ length: size }, (_, index) => {
      const distance = index - (size - 1) / 2;
      return mode === "constant" ? 1 : Math.exp(distance ** 2 / (-2 * (sigmaScale * size) ** 2));
    }),
  );
  const products = Float32Array.from(rows.flatMap((row) => columns.map((column) => row * column)));
  const least = Math.max(
    products.reduce((a, b) => Math.min(a, b)),
    LEAST_WEIGHT,
  );
  return products.map((weight) => Math.max(weight, least));
}

/** Zero-pads an image that is smaller than a window. */
function padToWindow(
  images: tf.Tensor4D,
  roiSize: readonly [number, number],
): { readonly padded: tf.Tensor4D; readonly before: readonly [number, number] } {
  const [, height, width] = images.shape;
  const [top, left] = [height, width].map((size, axis) =>
    Math.floor(Math.max(0, roiSize[axis] - size) / 2),
  );
  const bottom = Math.max(0, roiSize[0] - height) - top;
  const right = Math.max(0, roiSize[1] - width) - left;
  const isWhole = top + bottom + left + right === 0;
  const padded = isWhole
    ? images
    : tf.pad4d(images, [
        [0, 0],
        [top, bottom],
        [left, right],
        [0, 0],
      ]);
  return { padded, before: [top, left] };
}

interface Window {
  readonly image: number;
  readonly top: number;
  readonly left: number;
}

/**
 * Predicts images of any size in windows of the model's input size. Windows overlap and are predicted in
 * batches of equal size; their predictions are averaged per pixel by weight.
 *
 * @param predict a model or a predictor (see `createPredictor`, which is recorded once, as all
 *   batches have one shape): `[swBatchSize, ...roiSize, channels]` to
 *   `[swBatchSize, ...roiSize, classes]`
 * @param images `[b, height, width, channels]`; images smaller than a window are zero-padded
 * @returns `[b, height, width, classes]`
 * @throws ConfigError for an option out of range; ShapeError if the model's output differs from its input
 *   in height, width or batch size
 * @example
 * const brighter = (windows: tf.Tensor4D) => tf.add<tf.Tensor4D>(windows, 1);
 * const image = tf.zeros<tf.Rank.R4>([1, 40, 50, 1]);
 * slidingWindowInference(brighter, image, { roiSize: [16, 16] }).shape; // [1, 40, 50, 1]
 * @see MONAI, `monai.inferers.sliding_window_inference`
 */
export function slidingWindowInference(
  predict: (windows: tf.Tensor4D) => tf.Tensor,
  images: tf.Tensor4D,
  options: SlidingWindowOptions,
): tf.Tensor4D {
  const filled = fillOptions(options);
  expectShape("slidingWindowInference.images", images, [null, null, null, null]);
  const { roiSize, swBatchSize, overlap } = filled;
  const [roiHeight, roiWidth] = roiSize;
  const [count, height, width, channels] = images.shape;
  return tf.tidy(() => {
    const { padded, before } = padToWindow(images, roiSize);
    const [, rows, columns] = padded.shape;
    const windows: Window[] = [];
    for (let image = 0; image < count; image++) {
      for (const top of windowStarts(rows, roiHeight, overlap)) {
        for (const left of windowStarts(columns, roiWidth, overlap)) {
          windows.push({ image, top, left });
        }
      }
    }
    const weights = windowWeights(filled);
    const weightSums = new Float32Array(rows * columns);
    let sums: Float32Array | null = null;
    let classes = 0;
    for (let start = 0; start < windows.length; start += swBatchSize) {
      const batch = windows.slice(start, start + swBatchSize);
      const answer = tf.tidy(() => {
        // An incomplete last batch is padded, so that one recorded graph serves all batches.
        const cut = Array.from({ length: swBatchSize }, (_, index) => {
          const { image, top, left } = batch[Math.min(index, batch.length - 1)];
          return tf.slice4d(padded, [image, top, left, 0], [1, roiHeight, roiWidth, channels]);
        });
        return expectWindows(predict(tf.concat4d(cut, 0)), [swBatchSize, ...roiSize]);
      });
      classes = answer.shape[3];
      sums ??= new Float32Array(count * rows * columns * classes);
      const values = answer.dataSync();
      answer.dispose();
      batch.forEach((window, index) => {
        addWindow({ sums: sums as Float32Array, weightSums }, { rows, columns, classes }, window, {
          values: values.subarray(index * weights.length * classes),
          weights,
          roiSize,
        });
      });
    }
    const all = sums ?? new Float32Array(0);
    for (let pixel = 0; pixel < all.length / classes; pixel++) {
      const sum = weightSums[pixel % weightSums.length];
      for (let c = 0; c < classes; c++) all[pixel * classes + c] /= sum;
    }
    const whole = tf.tensor4d(all, [count, rows, columns, classes]);
    return tf.slice4d(whole, [0, ...before, 0], [count, height, width, classes]);
  });
}

function expectWindows(answer: tf.Tensor, wanted: readonly number[]): tf.Tensor4D {
  if (answer.rank === 4 && wanted.every((size, axis) => answer.shape[axis] === size)) {
    return answer as tf.Tensor4D;
  }
  throw new ShapeError({
    where: "slidingWindowInference.predict",
    expected: `[${wanted.join(", ")}, classes]`,
    got: `[${answer.shape.join(", ")}]`,
  });
}

/** Adds one window's prediction; adds its weights too with the first image's windows. */
function addWindow(
  { sums, weightSums }: { readonly sums: Float32Array; readonly weightSums: Float32Array },
  size: { readonly rows: number; readonly columns: number; readonly classes: number },
  { image, top, left }: Window,
  window: {
    readonly values: ArrayLike<number>;
    readonly weights: Float32Array;
    readonly roiSize: readonly [number, number];
  },
): void {
  const { rows, columns, classes } = size;
  const { values, weights, roiSize } = window;
  const [roiHeight, roiWidth] = roiSize;
  for (let y = 0; y < roiHeight; y++) {
    for (let x = 0; x < roiWidth; x++) {
      const from = y * roiWidth + x;
      const pixel = (top + y) * columns + left + x;
      if (image === 0) weightSums[pixel] += weights[from];
      const to = (image * rows * columns + pixel) * classes;
      for (let c = 0; c < classes; c++) {
        sums[to + c] += values[from * classes + c] * weights[from];
      }
    }
  }
}
