import * as tf from "@tensorflow/tfjs";
import { statelessNormal } from "../core/ops/statelessRandom";
import type { LayerOptions } from "./support/BookLayer";
import { expectNotNegative } from "./support/checkArgs";
import { SeededLayer } from "./support/SeededLayer";

export interface GaussianNoiseArgs extends LayerOptions {
  /** Standard deviation of the noise. */
  readonly stddev: number;
  /** Fixes the sequence of noise; default 0. */
  readonly seed?: number;
}

/**
 * Adds Gaussian noise in training; works in compiled functions.
 *
 * Input and output of any shape. Weight: the state of the seed.
 *
 * @throws ConfigError for a negative deviation
 * @example
 * const layer = new GaussianNoise({ stddev: 0.1 });
 * (layer.apply(tf.ones([1, 2])) as tf.Tensor).arraySync(); // [[1, 1]]
 */
export class GaussianNoise extends SeededLayer<
  Required<Omit<GaussianNoiseArgs, keyof LayerOptions>>
> {
  /** tfjs has the short name. */
  static className = "LayerbookGaussianNoise";

  constructor(options: GaussianNoiseArgs) {
    const { stddev, seed = 0 } = options;
    super(options, { stddev, seed });
    expectNotNegative("GaussianNoise.stddev", stddev);
  }

  protected override isActive(): boolean {
    return this.args.stddev > 0;
  }

  protected override disturb(x: tf.Tensor, seed: tf.Tensor1D): tf.Tensor {
    return tf.add(x, statelessNormal(x.shape, seed, 0, this.args.stddev));
  }
}

tf.serialization.registerClass(GaussianNoise);
