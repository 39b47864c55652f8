import * as tf from "@tensorflow/tfjs";
import { statelessUniform } from "../core/ops/statelessRandom";
import type { LayerOptions } from "./support/BookLayer";
import { expectFraction } from "./support/checkArgs";
import { SeededLayer } from "./support/SeededLayer";

export interface AlphaDropoutArgs extends LayerOptions {
  /** Fraction of the values that training drops, in [0, 1). */
  readonly rate: number;
  /** Fixes the sequence of masks; default 0. */
  readonly seed?: number;
}

/** The limit of SELU for large negative values: `−scale · alpha`. */
const SATURATED = -1.0507009873554805 * 1.6732632423543772;

/**
 * Dropout after SELU: dropped values are set to SELU's minimum, and an affine map preserves mean and
 * variance.
 *
 * Input and output of any shape. Weight: the state of the seed.
 *
 * @throws ConfigError when the rate is not in [0, 1)
 * @example
 * const layer = new AlphaDropout({ rate: 0.5 });
 * (layer.apply(tf.ones([1, 2])) as tf.Tensor).arraySync(); // [[1, 1]]
 * @see Klambauer et al. 2017, arXiv:1706.02515
 */
export class AlphaDropout extends SeededLayer<
  Required<Omit<AlphaDropoutArgs, keyof LayerOptions>>
> {
  /** tfjs has the short name. */
  static className = "LayerbookAlphaDropout";

  constructor(options: AlphaDropoutArgs) {
    const { rate, seed = 0 } = options;
    super(options, { rate, seed });
    expectFraction("AlphaDropout.rate", rate);
  }

  protected override isActive(): boolean {
    return this.args.rate > 0;
  }

  protected override disturb(x: tf.Tensor, seed: tf.Tensor1D): tf.Tensor {
    const { rate } = this.args;
    const stays = tf.greaterEqual(statelessUniform(x.shape, seed), rate);
    const factor = 1 / Math.sqrt((1 - rate) * (1 + rate * SATURATED ** 2));
    const value = tf.where(stays, x, tf.fill(x.shape, SATURATED));
    return tf.add(tf.mul(value, factor), -factor * SATURATED * rate);
  }
}

tf.serialization.registerClass(AlphaDropout);
