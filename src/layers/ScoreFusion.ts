import * as tf from "@tensorflow/tfjs";
import { conv2dTranspose } from "../core/ops/conv2dTranspose";
import { BookLayer } from "./support/BookLayer";
import type { LayerOptions } from "./support/BookLayer";
import { expectCount } from "./support/checkArgs";
import { fitSize } from "./support/fitSize";
import { valuesOf } from "./support/operations";
import type { CountsOperations } from "./support/operations";
import { expectTwoImages } from "./support/twoImages";

export interface ScoreFusionArgs extends LayerOptions {
  /** Number of classes. */
  readonly filters: number;
}

/** A 4x4 transposed convolution of stride 2 that interpolates each channel bilinearly. */
function bilinearKernel(channels: number): tf.Tensor4D {
  const ramp = [0.25, 0.75, 0.75, 0.25];
  const values = new Float32Array(16 * channels * channels);
  for (let row = 0; row < 4; row++) {
    for (let column = 0; column < 4; column++) {
      for (let channel = 0; channel < channels; channel++) {
        const at = ((row * 4 + column) * channels + channel) * channels + channel;
        values[at] = ramp[row] * ramp[column];
      }
    }
  }
  return tf.tensor4d(values, [4, 4, channels, channels]);
}

type Initializer = ReturnType<typeof tf.initializers.zeros>;

/**
 * A skip connection of a fully convolutional network: upsampled coarse scores plus a 1x1 score layer
 * on finer features.
 *
 * Inputs `[scores, features]`: `[batch, h, w, filters]` and `[batch, height, width, channels]`; output
 * `[batch, height, width, filters]`. The upsampling is a learned 4x4 transposed convolution that
 * starts as bilinear interpolation; the score layer is initialised to zero, so that a trained coarser
 * network can be refined.
 *
 * @throws ShapeError unless there are two inputs of rank 4
 * @example
 * const fusion = new ScoreFusion({ filters: 3 });
 * (fusion.apply([tf.zeros([1, 3, 4, 3]), tf.zeros([1, 5, 7, 8])]) as tf.Tensor).shape; // [1, 5, 7, 3]
 * @see Long, Shelhamer and Darrell 2015, arXiv:1411.4038, section 4.2
 */
export class ScoreFusion
  extends BookLayer<Required<Omit<ScoreFusionArgs, keyof LayerOptions>>>
  implements CountsOperations
{
  static className = "ScoreFusion";
  private upKernel!: tf.LayerVariable;
  private kernel!: tf.LayerVariable;
  private bias!: tf.LayerVariable;

  constructor(options: ScoreFusionArgs) {
    const { filters } = options;
    super(options, { filters });
    expectCount("ScoreFusion.filters", filters);
  }

  override build(inputShape: tf.Shape | tf.Shape[]): void {
    const [, features] = this.bothShapes(inputShape);
    const { filters } = this.args;
    const bilinear = { apply: () => bilinearKernel(filters) } as unknown as Initializer;
    const zeros = tf.initializers.zeros();
    this.upKernel = this.addWeight("up/kernel", [4, 4, filters, filters], "float32", bilinear);
    this.kernel = this.addWeight("kernel", [1, 1, features[3], filters], "float32", zeros);
    this.bias = this.addWeight("bias", [filters], "float32", zeros);
    super.build(inputShape);
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    return tf.tidy(() => {
      const [scores, features] = inputs as [tf.Tensor4D, tf.Tensor4D];
      const [batch, h, w, filters] = scores.shape;
      const kernel = this.upKernel.read() as tf.Tensor4D;
      const doubled = conv2dTranspose(scores, kernel, [batch, 2 * h, 2 * w, filters], [2, 2]);
      const scored = tf.conv2d(features, this.kernel.read() as tf.Tensor4D, 1, "same");
      const fitted = fitSize(doubled, features.shape[1], features.shape[2]);
      return tf.add(fitted, tf.add(scored, this.bias.read()));
    });
  }

  override computeOutputShape(inputShape: tf.Shape | tf.Shape[]): tf.Shape {
    const [, features] = this.bothShapes(inputShape);
    return [features[0], features[1], features[2], this.args.filters];
  }

  countOperations(inputShape: tf.Shape | tf.Shape[]): number {
    const [scores, features] = this.bothShapes(inputShape);
    const { filters } = this.args;
    const output = valuesOf(this.computeOutputShape(inputShape));
    return 2 * 16 * filters * valuesOf(scores) + 2 * filters * valuesOf(features) + 2 * output;
  }

  private bothShapes(inputShape: tf.Shape | tf.Shape[]): [tf.Shape, tf.Shape] {
    return expectTwoImages(`ScoreFusion "${this.name}"`, "[scores, features]", inputShape);
  }
}

tf.serialization.registerClass(ScoreFusion);
