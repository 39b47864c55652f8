import * as tf from "@tensorflow/tfjs";
import { expectShape } from "../../core/shapes";
import type { LshSizes } from "./geometry";

/** `[batch, length, heads, dim]` → `[batch * heads * padded, dim]`, zeros after the last token. */
export function toRows(x: tf.Tensor4D, { length, geometry }: LshSizes): tf.Tensor2D {
  const perHead = tf.transpose(x, [0, 2, 1, 3]);
  const behind: [number, number] = [0, geometry.padded - length];
  const filled = behind[1] === 0 ? perHead : tf.pad4d(perHead, [[0, 0], [0, 0], behind, [0, 0]]);
  return tf.reshape(filled, [geometry.rows, x.shape[3]]);
}

/** Rows back as `[batch, length, heads, dim]`. */
export function fromRows(
  rows: tf.Tensor2D,
  { batch, length, heads, geometry }: LshSizes,
): tf.Tensor4D {
  const dim = rows.shape[1];
  const perHead = tf.reshape<tf.Rank.R4>(rows, [batch, heads, geometry.padded, dim]);
  const cut =
    geometry.padded === length
      ? perHead
      : tf.slice(perHead, [0, 0, 0, 0], [batch, heads, length, dim]);
  return tf.transpose(cut, [0, 2, 1, 3]);
}

/** int32 `[rows]`, 1 for valid tokens; `null` if all are valid. */
export function validRows(
  mask: tf.Tensor2D | undefined,
  { batch, length, heads, geometry }: LshSizes,
): tf.Tensor1D | null {
  const { padded, rows } = geometry;
  if (mask === undefined && padded === length) return null;
  if (mask !== undefined) expectShape("lshAttention.mask", mask, [batch, length]);
  const tokens =
    mask === undefined ? tf.ones([batch, length], "int32") : tf.cast(tf.notEqual(mask, 0), "int32");
  const behind: [number, number] = [0, padded - length];
  const filled = tf.expandDims(tf.pad(tokens, [[0, 0], behind]), 1);
  return tf.reshape(tf.tile(filled, [1, heads, 1]), [rows]);
}
