import type * as tf from "@tensorflow/tfjs";
import { defineOp } from "./registry";

/** How {@link fusedAttention} attends. */
export interface FusedAttentionSettings {
  readonly scale: number;
  /** Whether query `i` attends keys up to `i` only. */
  readonly causal: boolean;
}

/** Attention of tfjs' own ops, differentiable as often as asked for. */
export type AttentionComposite = (q: tf.Tensor3D, k: tf.Tensor3D, v: tf.Tensor3D) => tf.Tensor3D;

/**
 * `softmax(scale q kᵀ) v`, without mask and dropout. The native form is one op, and one for the
 * gradient, that work tile by tile and never hold the matrix of weights.
 *
 * @param q `[batch, queries, dim]`
 * @param k `[batch, keys, dim]`
 * @param v `[batch, keys, valueDim]`
 * @param settings see {@link FusedAttentionSettings}
 * @param composite runs where the native form does not serve
 * @returns `[batch, queries, valueDim]`
 * @see Dao et al. 2022, arXiv:2205.14135
 */
export const fusedAttention = defineOp(
  "fusedAttention",
  (
    q: tf.Tensor3D,
    k: tf.Tensor3D,
    v: tf.Tensor3D,
    _settings: FusedAttentionSettings,
    composite: AttentionComposite,
  ): tf.Tensor3D => composite(q, k, v),
);
