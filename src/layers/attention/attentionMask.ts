import * as tf from "@tensorflow/tfjs";
import type { CallOptions } from "../support/BookLayer";

/** Per-call options of attention layers. */
export interface AttentionCall extends CallOptions {
  /** Padding masks of the inputs, in their order: `[batch, queries]`, `[batch, keys]`. */
  readonly mask?: tf.Tensor | readonly (tf.Tensor | null)[] | null;
  /** True where a query may attend to a key, `[batch, queries, keys]`. */
  readonly attentionMask?: tf.Tensor;
}

/** What a mask input of an attention layer applies to. */
export type AttentionMaskInput = "query" | "value" | "key" | "attention";

/**
 * The masks that came as inputs, as options of the call.
 *
 * @param count number of the layer's other inputs: one means self-attention
 */
export function maskOptions(
  { query, value, key, attention }: Partial<Record<AttentionMaskInput, tf.Tensor>>,
  count: number,
): Pick<AttentionCall, "mask" | "attentionMask"> {
  const all = count === 1 ? [query ?? value ?? key] : [query, value, key];
  const given = all.map((mask) => mask ?? null);
  return {
    ...(given.some((mask) => mask !== null) ? { mask: given } : {}),
    ...(attention === undefined ? {} : { attentionMask: attention }),
  };
}

/** The padding masks of a call as a list: tfjs passes one, or one per input. */
export function paddingMasks({ mask }: AttentionCall): readonly (tf.Tensor | null)[] {
  if (mask === null || mask === undefined) return [];
  return mask instanceof tf.Tensor ? [mask] : mask;
}

/** A mask as bool, with an axis more; `null` for none. */
function widen(mask: tf.Tensor | null | undefined, axis: number): tf.Tensor | null {
  return mask === null || mask === undefined ? null : tf.expandDims(tf.notEqual(mask, 0), axis);
}

/**
 * All masks of a call combined, int32 `[batch, queries or 1, keys]`; `null` if there are none.
 *
 * @param options masks of query, value and key, and of pairs
 */
export function joinMasks(options: AttentionCall): tf.Tensor | null {
  const { attentionMask } = options;
  const [query, value, key] = paddingMasks(options);
  const parts = [
    widen(query, 2),
    widen(value, 1),
    widen(key, 1),
    attentionMask === undefined ? null : tf.notEqual(attentionMask, 0),
  ].filter((part) => part !== null);
  if (parts.length === 0) return null;
  return tf.cast(
    parts.reduce((joined, part) => tf.logicalAnd(joined, part)),
    "int32",
  );
}
