import * as tf from "@tensorflow/tfjs";
import { hasNativeBackend } from "./binding";
import { attr, rawOp } from "./rawOp";
import { mayDifferentiateAgain } from "../core/secondOrder";

/** A tfjs gradient function: takes the saved inputs and the attributes of the forward call. */
type GradFunc = (
  dy: tf.Tensor,
  saved: tf.Tensor[],
  attrs: Record<string, unknown>,
) => Record<string, () => tf.Tensor>;

/**
 * Sums over the copies: each repeated axis is split into `[copies, size]`. tfjs adds one slice per
 * copy.
 */
const tile: GradFunc = (dy, [x], { reps }) => ({
  x: () => {
    const sizes: number[] = [];
    const summed: number[] = [];
    x.shape.forEach((size, axis) => {
      const times = (reps as number[])[axis];
      if (times !== 1) summed.push(sizes.push(times) - 1);
      sizes.push(size);
    });
    return tf.tidy(() => tf.reshape(tf.sum(tf.reshape(dy, sizes), summed), x.shape));
  },
});

/**
 * Sums the gradients of rows that were gathered more than once, for all batch items at once: each
 * item's indices are offset past those of the items before it. tfjs goes item by item.
 */
const gather: GradFunc = (dy, [x, indices], { axis, batchDims }) => ({
  x: () =>
    tf.tidy(() => {
      const at = tf.util.parseAxisParam(axis as number, x.shape)[0];
      const dims = (batchDims as number | undefined) ?? 0;
      const batches = x.shape.slice(0, dims);
      const count = tf.util.sizeFromShape(batches);
      const size = x.shape[at];
      const before = x.shape.slice(dims, at);
      const after = x.shape.slice(at + 1);
      const places = indices.shape.slice(dims);
      const place = tf.util.sizeFromShape(places);
      // [batch, before, places, after] -> [batch, places, before, after], one row per index.
      const [outer, inner] = [before, after].map((part) => tf.util.sizeFromShape(part));
      const rows = tf.reshape(
        tf.transpose(tf.reshape(dy, [count, outer, place, inner]), [0, 2, 1, 3]),
        [count * place, outer * inner],
      );
      const starts = tf.mul(tf.range(0, count, 1, "int32"), tf.scalar(size, "int32"));
      const segments = tf.add(
        tf.reshape(tf.cast(indices, "int32"), [count, place]),
        tf.expandDims(starts, 1),
      );
      const sums = tf.unsortedSegmentSum(
        rows,
        tf.reshape<tf.Rank.R1>(segments, [count * place]),
        count * size,
      );
      const sorted = tf.transpose(tf.reshape(sums, [count, size, outer, inner]), [0, 2, 1, 3]);
      return tf.reshape(sorted, x.shape);
    }),
  indices: () => tf.zerosLike(indices),
});

/** One op where tfjs multiplies three times, which matters in the loop of a recurrent layer. */
const byOutput =
  (native: string, composite: (y: tf.Tensor) => tf.Tensor): GradFunc =>
  (dy, [y]) => ({
    x: () =>
      hasNativeBackend() && !mayDifferentiateAgain()
        ? rawOp(native, [attr.type("T", "float32")], [y, dy])
        : tf.tidy(() => tf.mul(dy, composite(y))),
  });

const sigmoid = byOutput("SigmoidGrad", (y) => tf.mul(y, tf.sub(1, y)));
const tanh = byOutput("TanhGrad", (y) => tf.sub(1, tf.square(y)));

/**
 * Replaces tfjs gradients whose number of ops grows with the size of the data by ones with a fixed
 * number: recording tfjs' layer normalisation gave 41,363 nodes. Called once, after the addon has
 * loaded.
 */
export function replaceGradients(): void {
  const replaced: [string, string[], GradFunc][] = [
    ["Tile", ["x"], tile],
    ["GatherV2", ["x", "indices"], gather],
  ];
  for (const [kernelName, inputsToSave, gradFunc] of replaced) {
    tf.unregisterGradient(kernelName);
    tf.registerGradient({ kernelName, inputsToSave, gradFunc: gradFunc as never });
  }
  for (const [kernelName, gradFunc] of [
    ["Sigmoid", sigmoid],
    ["Tanh", tanh],
  ] as const) {
    tf.unregisterGradient(kernelName);
    tf.registerGradient({ kernelName, outputsToSave: [true], gradFunc: gradFunc as never });
  }
}
