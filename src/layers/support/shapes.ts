import type * as tf from "@tensorflow/tfjs";
import { ShapeError } from "../../core/errors";
import { formatShape } from "../../core/shapes";

const SPACE = ["", "", "", "tokens, ", "height, width, ", "depth, height, width, "];

/**
 * The channels of `[batch, …, channels]`.
 *
 * @param ranks that will do
 * @throws ShapeError for another rank, or unknown channels
 */
export function channelsOf(where: string, shape: tf.Shape, ranks: readonly number[]): number {
  const channels = shape[shape.length - 1];
  if (ranks.includes(shape.length) && channels !== null) return channels;
  throw new ShapeError({
    where,
    expected:
      ranks.map((rank) => `[batch, ${SPACE[rank]}channels]`).join(" or ") + " with known channels",
    got: formatShape(shape),
  });
}
