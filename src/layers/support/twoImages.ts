import type * as tf from "@tensorflow/tfjs";
import { ShapeError } from "../../core/errors";
import { formatShape } from "../../core/shapes";

/**
 * The shapes of a layer's two image inputs.
 *
 * @param where the layer
 * @param names of the inputs, for the message: `"[x, skip]"`
 * @throws ShapeError unless there are two, each of rank 4
 */
export function expectTwoImages(
  where: string,
  names: string,
  inputShape: tf.Shape | tf.Shape[],
): [tf.Shape, tf.Shape] {
  const shapes = (Array.isArray(inputShape[0]) ? inputShape : [inputShape]) as tf.Shape[];
  if (shapes.length !== 2 || !shapes.every((shape) => shape.length === 4)) {
    throw new ShapeError({
      where,
      expected: `${names}, each [batch, height, width, channels]`,
      got: `[${shapes.map((shape) => formatShape(shape)).join(", ")}]`,
    });
  }
  return [shapes[0], shapes[1]];
}
