import * as tf from "@tensorflow/tfjs";
import { statelessUniform } from "../core/ops/statelessRandom";
import type { LayerOptions } from "./support/BookLayer";
import { expectFraction } from "./support/checkArgs";
import { SeededLayer } from "./support/SeededLayer";

export interface DropPathArgs extends LayerOptions {
  /** Fraction of the batch items whose branch is dropped in training, in [0, 1). */
  readonly rate: number;
  /** Fixes the sequence of masks; default 0. */
  readonly seed?: number;
}

/**
 * Stochastic depth: drops a residual branch for some batch items and scales it up for the others, as
 * timm's `DropPath` and torchvision's `StochasticDepth("row")` do.
 *
 * Input (a branch, before it is added) and output `[batch, …]`. Weight: the state of the seed.
 *
 * @throws ConfigError when the rate is not in [0, 1)
 * @example
 * const layer = new DropPath({ rate: 0.5 });
 * (layer.apply(tf.ones([1, 2])) as tf.Tensor).arraySync(); // [[1, 1]]
 * @see Huang et al. 2016, arXiv:1603.09382
 */
export class DropPath extends SeededLayer<Required<Omit<DropPathArgs, keyof LayerOptions>>> {
  static className = "DropPath";

  constructor(options: DropPathArgs) {
    const { rate, seed = 0 } = options;
    super(options, { rate, seed });
    expectFraction("DropPath.rate", rate);
  }

  protected override isActive(): boolean {
    return this.args.rate > 0;
  }

  protected override disturb(x: tf.Tensor, seed: tf.Tensor1D): tf.Tensor {
    const { rate } = this.args;
    const shape = x.shape.map((size, axis) => (axis === 0 ? size : 1));
    const stays = tf.greaterEqual(statelessUniform(shape, seed), rate);
    return tf.mul(x, tf.mul(tf.cast(stays, "float32"), 1 / (1 - rate)));
  }
}

tf.serialization.registerClass(DropPath);
