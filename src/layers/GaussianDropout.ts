import * as tf from "@tensorflow/tfjs";
import { statelessNormal } from "../core/ops/statelessRandom";
import type { LayerOptions } from "./support/BookLayer";
import { expectFraction } from "./support/checkArgs";
import { SeededLayer } from "./support/SeededLayer";

export interface GaussianDropoutArgs extends LayerOptions {
  /** Dropout rate, in [0, 1): the noise has variance `rate / (1 − rate)`. */
  readonly rate: number;
  /** Fixes the sequence of noise; default 0. */
  readonly seed?: number;
}

/**
 * Multiplies by Gaussian noise of mean 1 in training; works in compiled functions.
 *
 * Input and output of any shape. Weight: the state of the seed.
 *
 * @throws ConfigError when the rate is not in [0, 1)
 * @example
 * const layer = new GaussianDropout({ rate: 0.5 });
 * (layer.apply(tf.ones([1, 2])) as tf.Tensor).arraySync(); // [[1, 1]]
 * @see Srivastava et al. 2014, "Dropout", section 10
 */
export class GaussianDropout extends SeededLayer<
  Required<Omit<GaussianDropoutArgs, keyof LayerOptions>>
> {
  /** tfjs has the short name. */
  static className = "LayerbookGaussianDropout";

  constructor(options: GaussianDropoutArgs) {
    const { rate, seed = 0 } = options;
    super(options, { rate, seed });
    expectFraction("GaussianDropout.rate", rate);
  }

  protected override isActive(): boolean {
    return this.args.rate > 0;
  }

  protected override disturb(x: tf.Tensor, seed: tf.Tensor1D): tf.Tensor {
    const { rate } = this.args;
    return tf.mul(x, statelessNormal(x.shape, seed, 1, Math.sqrt(rate / (1 - rate))));
  }
}

tf.serialization.registerClass(GaussianDropout);
