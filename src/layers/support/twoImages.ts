import type * as tf from "@tensorflow/tfjs";
import { ShapeError } from "../../core/errors";
import { formatShape } from "../../core/shapes";

/**
 * The shapes of a layer's two image inputs.
 *
 * @param where the layer
 * @param names of the inputs, for the message: `"[x, skip]"`
 * @param rank of both; default that of images
 * @throws ShapeError unless there are two, each of that rank
 */
export function expectTwoImages(
  where: string,
  names: string,
  inputShape: tf.Shape | tf.Shape[],
  rank = 4,
): [tf.Shape, tf.Shape] {
  const shapes = (Array.isArray(inputShape[0]) ? inputShape : [inputShape]) as tf.Shape[];
  if (shapes.length !== 2 || !shapes.every((shape) => shape.length === rank)) {
    throw new ShapeError({
      where,
      expected: `${names}, each ${rank === 4 ? "[batch, height, width, channels]" : `of rank ${rank}`}`,
      got: `[${shapes.map((shape) => formatShape(shape)).join(", ")}]`,
    });
  }
  return [shapes[0], shapes[1]];
}
