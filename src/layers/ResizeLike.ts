import * as tf from "@tensorflow/tfjs";
import { resizeBilinear } from "../core/ops/resizeBilinear";
import { BookLayer } from "./support/BookLayer";
import type { LayerOptions } from "./support/BookLayer";
import { valuesOf } from "./support/operations";
import type { CountsOperations } from "./support/operations";
import { expectTwoImages } from "./support/twoImages";

/**
 * Bilinear resize of one image to the height and width of another; no weights.
 *
 * Inputs `[x, like]`: `[batch, h, w, channels]` and `[batch, height, width, any]`; output
 * `[batch, height, width, channels]`. Pixel centres at halves.
 *
 * @throws ShapeError unless there are two inputs of rank 4
 * @example
 * const layer = new ResizeLike();
 * (layer.apply([tf.zeros([1, 2, 3, 4]), tf.zeros([1, 5, 7, 1])]) as tf.Tensor).shape; // [1, 5, 7, 4]
 */
export class ResizeLike extends BookLayer<object> implements CountsOperations {
  static className = "ResizeLike";

  constructor(options: LayerOptions = {}) {
    super(options, {});
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    const [x, like] = inputs as [tf.Tensor4D, tf.Tensor4D];
    return resizeBilinear(x, like.shape[1], like.shape[2]);
  }

  override computeOutputShape(inputShape: tf.Shape | tf.Shape[]): tf.Shape {
    const [x, like] = expectTwoImages(`ResizeLike "${this.name}"`, "[x, like]", inputShape);
    return [x[0], like[1], like[2], x[3]];
  }

  countOperations(inputShape: tf.Shape | tf.Shape[]): number {
    return 6 * valuesOf(this.computeOutputShape(inputShape));
  }
}

tf.serialization.registerClass(ResizeLike);
