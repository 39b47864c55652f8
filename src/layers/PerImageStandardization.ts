import * as tf from "@tensorflow/tfjs";
import { BookLayer, onlyTensor } from "./support/BookLayer";
import type { LayerOptions } from "./support/BookLayer";
import { valuesOf } from "./support/operations";
import type { CountsOperations } from "./support/operations";

/**
 * Subtracts each image's mean and divides by its standard deviation, over all pixels and channels; a
 * constant image becomes zeros. No weights.
 *
 * Input and output `[batch, height, width, channels]`.
 *
 * As in TensorFlow the divisor is at least `1 / √n` for `n` values.
 *
 * @example
 * const layer = new PerImageStandardization();
 * const image = tf.tensor4d([0, 0, 2, 2], [1, 2, 2, 1]);
 * (layer.apply(image) as tf.Tensor).arraySync(); // [[[[-1], [-1]], [[1], [1]]]]
 * @see TensorFlow, `tf.image.per_image_standardization`
 */
export class PerImageStandardization extends BookLayer<object> implements CountsOperations {
  static className = "PerImageStandardization";

  constructor(options: LayerOptions = {}) {
    super(options, {});
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    return tf.tidy(() => {
      const images = onlyTensor(inputs);
      const axes = images.shape.map((_, axis) => axis).slice(1);
      const count = axes.reduce((product, axis) => product * images.shape[axis], 1);
      const centred = tf.sub(images, tf.mean(images, axes, true));
      const variance = tf.mean(tf.square(centred), axes, true);
      // Bounded before the square root, whose gradient at 0 is infinite.
      return tf.div(centred, tf.sqrt(tf.maximum(variance, 1 / count)));
    });
  }

  override computeOutputShape(inputShape: tf.Shape | tf.Shape[]): tf.Shape {
    return inputShape as tf.Shape;
  }

  countOperations(inputShape: tf.Shape | tf.Shape[]): number {
    return 5 * valuesOf(inputShape as tf.Shape);
  }
}

tf.serialization.registerClass(PerImageStandardization);
