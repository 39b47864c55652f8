import * as tf from "@tensorflow/tfjs";
import { statelessDropout } from "../core/ops/statelessRandom";
import type { LayerOptions } from "./support/BookLayer";
import { expectFraction } from "./support/checkArgs";
import { SeededLayer } from "./support/SeededLayer";

export interface SeededDropoutArgs extends LayerOptions {
  /** Fraction of the values that training sets to zero, in [0, 1). */
  readonly rate: number;
  /** Fixes the sequence of masks; default 0. */
  readonly seed?: number;
}

/**
 * Dropout that draws a new mask in each training step, in compiled functions too: tfjs' own repeats
 * its mask if it has a seed, and its mask would be constant in a compiled step.
 *
 * Input and output of any shape. Weight: the state of the seed, so that a resumed training draws the
 * same masks as an uninterrupted one.
 *
 * @throws ConfigError when the rate is not in [0, 1)
 * @example
 * const layer = new SeededDropout({ rate: 0.5 });
 * (layer.apply(tf.ones([1, 4])) as tf.Tensor).arraySync(); // [[1, 1, 1, 1]]
 * @see Srivastava et al. 2014, "Dropout"
 */
export class SeededDropout extends SeededLayer<
  Required<Omit<SeededDropoutArgs, keyof LayerOptions>>
> {
  static className = "SeededDropout";

  constructor(options: SeededDropoutArgs) {
    const { rate, seed = 0 } = options;
    super(options, { rate, seed });
    expectFraction("SeededDropout.rate", rate);
  }

  protected override isActive(): boolean {
    return this.args.rate > 0;
  }

  protected override disturb(x: tf.Tensor, seed: tf.Tensor1D): tf.Tensor {
    return statelessDropout(x, this.args.rate, seed);
  }
}

tf.serialization.registerClass(SeededDropout);
