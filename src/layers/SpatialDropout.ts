import * as tf from "@tensorflow/tfjs";
import { statelessUniform } from "../core/ops/statelessRandom";
import type { LayerOptions } from "./support/BookLayer";
import { expectFraction } from "./support/checkArgs";
import { SeededLayer } from "./support/SeededLayer";

export interface SpatialDropoutArgs extends LayerOptions {
  /** Fraction of the channels that training sets to zero, in [0, 1). */
  readonly rate: number;
  /** Fixes the sequence of masks; default 0. */
  readonly seed?: number;
}

/**
 * Drops entire channels, since neighbouring pixels are strongly correlated: Keras' `SpatialDropout1D`,
 * `2D` and `3D` in one, and PyTorch's `Dropout2d`.
 *
 * Input and output `[batch, …space, channels]`. Weight: the state of the seed.
 *
 * @throws ConfigError when the rate is not in [0, 1)
 * @example
 * const layer = new SpatialDropout({ rate: 0.5 });
 * (layer.apply(tf.ones([1, 2, 1])) as tf.Tensor).arraySync(); // [[[1], [1]]]
 * @see Tompson et al. 2015, arXiv:1411.4280, section 3.2
 */
export class SpatialDropout extends SeededLayer<
  Required<Omit<SpatialDropoutArgs, keyof LayerOptions>>
> {
  static className = "LayerbookSpatialDropout";

  constructor(options: SpatialDropoutArgs) {
    const { rate, seed = 0 } = options;
    super(options, { rate, seed });
    expectFraction("SpatialDropout.rate", rate);
  }

  protected override isActive(): boolean {
    return this.args.rate > 0;
  }

  protected override disturb(x: tf.Tensor, seed: tf.Tensor1D): tf.Tensor {
    const { rate } = this.args;
    const shape = x.shape.map((size, axis) => (axis === 0 || axis === x.rank - 1 ? size : 1));
    const stays = tf.greaterEqual(statelessUniform(shape, seed), rate);
    return tf.mul(x, tf.mul(tf.cast(stays, "float32"), 1 / (1 - rate)));
  }
}

tf.serialization.registerClass(SpatialDropout);
