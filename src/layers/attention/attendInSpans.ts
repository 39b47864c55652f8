import * as tf from "@tensorflow/tfjs";
import { statelessUniform } from "../../core/ops/statelessRandom";
import "../../core/ops/savedOutputs";
import { isNestedGradient } from "../../core/secondOrder";

/** Finite, because WebGL does not handle infinity reliably; far below any logit. */
const MASKED = -1e30;
const ALL_MASKED = -1e29;

/** A span of queries. */
export interface Span {
  readonly index: number;
  readonly begin: number;
  readonly size: number;
}

/** Spans of `queries` with at most `maxLogits` logits each, and at least one query. */
export function spansOf(
  folded: number,
  queries: number,
  keys: number,
  maxLogits: number,
): readonly Span[] {
  const size = Math.min(queries, Math.max(1, Math.floor(maxLogits / (folded * keys))));
  return Array.from({ length: Math.ceil(queries / size) }, (_, index) => ({
    index,
    begin: index * size,
    size: Math.min(size, queries - index * size),
  }));
}

/** Queries `span` of a tensor `[folded, queries, …]`; all of it if it has one query. */
function sliceQueries(x: tf.Tensor3D, { begin, size }: Span): tf.Tensor3D {
  const [folded, queries, width] = x.shape;
  if (queries === 1 || queries === size) return x;
  return tf.slice(x, [0, begin, 0], [folded, size, width]);
}

/** Weights of one span before dropout; rows that attend to nothing are 0. */
export function weightsOf(
  q: tf.Tensor3D,
  k: tf.Tensor3D,
  mask: tf.Tensor3D | null,
  span: Span,
  { scale, causal }: Pick<ChunkSettings, "scale" | "causal">,
): tf.Tensor3D {
  return tf.tidy(() => {
    const scaled = tf.mul<tf.Tensor3D>(sliceQueries(q, span), scale);
    let logits: tf.Tensor3D = tf.matMul(scaled, k, false, true);
    if (mask !== null) {
      const part = sliceQueries(mask, span);
      logits =
        part.dtype === "float32"
          ? tf.add(logits, part)
          : tf.where(tf.notEqual(part, 0), logits, MASKED);
    }
    if (causal) {
      const query = tf.range(span.begin, span.begin + span.size, 1, "int32");
      const isPast = tf.lessEqual(tf.range(0, k.shape[1], 1, "int32"), tf.expandDims(query, 1));
      logits = tf.where(tf.expandDims(isPast, 0), logits, MASKED);
    }
    const weights = tf.softmax(logits);
    if (mask === null) return weights;
    return tf.mul(weights, hasAny(logits));
  });
}

/** 1 for rows that may attend to something, else 0; a step function, whose gradient is zero. */
function hasAny(logits: tf.Tensor3D): tf.Tensor3D {
  return tf.customGrad((x) => ({
    value: tf.cast<tf.Tensor>(tf.greater(tf.max(x as tf.Tensor, 2, true), ALL_MASKED), "float32"),
    gradFunc: () => tf.zeros<tf.Rank>(logits.shape),
  }))(logits) as tf.Tensor3D;
}

/** The dropout mask of the weights; `null` for no dropout. */
export function dropoutOf(
  shape: number[],
  rate: number,
  seed: tf.Tensor | null,
  { index }: Span,
): tf.Tensor | null {
  if (seed === null) return null;
  return tf.tidy(() => {
    // The generator counts in the second number; chunks differ in the first.
    const own = tf.add<tf.Tensor1D>(seed, tf.tensor1d([Math.imul(index, 0x9e3779b1), 0], "int32"));
    const isKept = tf.greaterEqual(statelessUniform(shape, own), rate);
    return tf.mul(tf.cast(isKept, "float32"), 1 / (1 - rate));
  });
}

/** Sums a gradient over the axes along which a mask was broadcast. */
function reduceTo(gradient: tf.Tensor3D, shape: readonly number[]): tf.Tensor3D {
  const spread = gradient.shape.flatMap((size, axis) =>
    shape[axis] === 1 && size > 1 ? [axis] : [],
  );
  return spread.length === 0 ? gradient : tf.sum(gradient, spread, true);
}

/** How {@link attendInSpans} attends. */
export interface ChunkSettings {
  readonly scale: number;
  readonly causal: boolean;
  /** Fraction of dropped weights; used only with a seed. */
  readonly rate: number;
  readonly spans: readonly Span[];
  /** Whether the weights are kept for the backward pass, which then does not recompute them. */
  readonly keepsWeights: boolean;
}

function applyDropout(
  weights: tf.Tensor3D,
  seed: tf.Tensor | null,
  span: Span,
  rate: number,
): tf.Tensor3D {
  const dropMask = dropoutOf(weights.shape, rate, seed, span);
  return dropMask === null ? weights : tf.mul(weights, dropMask);
}

/** The inputs of the gradient of a span. */
interface BackwardInputs {
  /** Weights of each span before dropout; empty if they are recomputed. */
  readonly savedWeights: readonly tf.Tensor3D[];
  readonly q: tf.Tensor3D;
  readonly k: tf.Tensor3D;
  readonly v: tf.Tensor3D;
  readonly mask: tf.Tensor3D | null;
  readonly seed: tf.Tensor | null;
  /** Gradient of the output. */
  readonly dy: tf.Tensor3D;
  /** Its product with the output, summed over a row. */
  readonly dTotal: tf.Tensor3D;
}

type SpanGradients = {
  /** Gradient of the span's queries. */
  readonly dq: tf.Tensor3D;
  /** Gradients of all keys and values, summed up to this span. */
  readonly dk: tf.Tensor3D;
  readonly dv: tf.Tensor3D;
  /** Gradient of an additive mask. */
  readonly dMask: tf.Tensor3D[];
};

/** Matrix products are faster on a CPU if the row width is a multiple of this. */
const ROW_MULTIPLE = 8;

/** Appends one value to each row, and zeros up to a multiple of {@link ROW_MULTIPLE}. */
function widen(x: tf.Tensor3D, last: tf.Tensor3D): tf.Tensor3D {
  const [batch, rows, width] = x.shape;
  const missing = ROW_MULTIPLE - 1 - (width % ROW_MULTIPLE);
  const zeros = missing === 0 ? [] : [tf.zeros<tf.Rank.R3>([batch, rows, missing])];
  return tf.concat([x, last, ...zeros], 2);
}

function spanGradients(
  { savedWeights, q, k, v, mask, seed, dy, dTotal }: BackwardInputs,
  span: Span,
  settings: ChunkSettings,
  sum: SpanGradients | null,
): SpanGradients {
  const { scale, rate } = settings;
  return tf.tidy(() => {
    const direction = sliceQueries(dy, span);
    const weights = savedWeights[span.index] ?? weightsOf(q, k, mask, span, settings);
    const dLogits = tf.tidy(() => {
      const total = sliceQueries(dTotal, span);
      if (seed !== null) {
        const dDropped: tf.Tensor3D = tf.matMul(direction, v, false, true);
        const dWeights = applyDropout(dDropped, seed, span, rate);
        return tf.mul<tf.Tensor3D>(weights, tf.sub(dWeights, total));
      }
      // direction . values - total is one product if the rows are extended by one entry.
      const minusOne = tf.fill<tf.Rank.R3>([v.shape[0], v.shape[1], 1], -1);
      const [left, right] = [widen(direction, total), widen(v, minusOne)];
      return tf.mul<tf.Tensor3D>(weights, tf.matMul(left, right, false, true));
    });
    const dk = tf.mul<tf.Tensor3D>(tf.matMul(dLogits, sliceQueries(q, span), true), scale);
    const dv: tf.Tensor3D = tf.matMul(applyDropout(weights, seed, span, rate), direction, true);
    return {
      dq: tf.mul(tf.matMul(dLogits, k), scale),
      dk: sum === null ? dk : tf.add(dk, sum.dk),
      dv: sum === null ? dv : tf.add(dv, sum.dv),
      dMask: mask?.dtype === "float32" ? [reduceTo(dLogits, mask.shape)] : [],
    };
  });
}

/**
 * Attention span by span, with a gradient that recomputes the weights unless they are saved.
 *
 * @param q `[batch, queries, dim]`
 * @param k `[batch, keys, dim]`
 * @param v `[batch, keys, valueDim]`
 * @param mask `[batch or 1, queries or 1, keys or 1]`; float32 is added and has a gradient
 * @param seed of the dropout; `null` for none
 */
export function attendInSpans(
  q: tf.Tensor3D,
  k: tf.Tensor3D,
  v: tf.Tensor3D,
  mask: tf.Tensor3D | null,
  seed: tf.Tensor | null,
  settings: ChunkSettings,
): tf.Tensor3D {
  const { spans, rate, keepsWeights } = settings;
  if (isNestedGradient()) {
    const parts = spans.map((span) => {
      const weights = weightsOf(q, k, mask, span, settings);
      return tf.matMul<tf.Tensor3D>(applyDropout(weights, seed, span, rate), v);
    });
    return tf.concat(parts, 1);
  }
  const learned = mask?.dtype === "float32" ? [mask] : [];
  const constants = [mask, seed].filter((tensor) => tensor !== null);
  const run = tf.customGrad((...args) => {
    const save = args[args.length - 1] as unknown as tf.GradSaveFunc;
    const [queries, keys, values] = args as unknown as tf.Tensor3D[];
    const savedWeights: tf.Tensor3D[] = [];
    const parts = spans.map((span) => {
      const weights = weightsOf(queries, keys, mask, span, settings);
      if (keepsWeights) savedWeights.push(weights);
      const part = tf.tidy(() => tf.matMul(applyDropout(weights, seed, span, rate), values));
      if (!keepsWeights) weights.dispose();
      return part;
    });
    const output = parts.length === 1 ? parts[0] : tf.concat(parts, 1);
    save([queries, keys, values, output, ...savedWeights, ...constants]);
    const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]): tf.Tensor[] =>
      tf.tidy(() => {
        const [x, y, z, result] = saved as tf.Tensor3D[];
        const inputs: BackwardInputs = {
          savedWeights: saved.slice(4, 4 + savedWeights.length) as tf.Tensor3D[],
          q: x,
          k: y,
          v: z,
          mask: mask === null ? null : (saved[4 + savedWeights.length] as tf.Tensor3D),
          seed: seed === null ? null : saved[saved.length - 1],
          dy: dy as tf.Tensor3D,
          dTotal: tf.sum(tf.mul<tf.Tensor3D>(dy, result), 2, true),
        };
        const gradients: SpanGradients[] = [];
        for (const span of spans) {
          const sum = gradients.at(-1) ?? null;
          gradients.push(spanGradients(inputs, span, settings, sum));
          if (sum !== null) tf.dispose([sum.dk, sum.dv]);
        }
        const last = gradients[gradients.length - 1];
        const dq = tf.concat(
          gradients.map((part) => part.dq),
          1,
        );
        const masks = gradients.flatMap((part) => part.dMask);
        const isShared = mask?.shape[1] === 1;
        const dMask = masks.length === 0 ? [] : [isShared ? tf.addN(masks) : tf.concat(masks, 1)];
        return [dq, last.dk, last.dv, ...dMask];
      });
    return { value: output, gradFunc };
  });
  return run(q, k, v, ...learned) as tf.Tensor3D;
}
