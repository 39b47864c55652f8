import * as tf from "@tensorflow/tfjs";
import { normalizeLast } from "../core/ops/normalizeLast";
import { onlyTensor } from "./support/BookLayer";
import type { LayerOptions } from "./support/BookLayer";
import { expectNotNegative } from "./support/checkArgs";
import { LastAxisLayer } from "./support/LastAxisLayer";

export interface RMSNormalizationArgs extends LayerOptions {
  /** Added to the mean square; default 1e-6, as in Keras. */
  readonly epsilon?: number;
}

/**
 * Layer normalisation without centring: divides each vector along the last axis by its root mean
 * square.
 *
 * Input and output `[batch, …, channels]`, of any rank from 2. Weight `scale`, `[channels]`.
 *
 * @throws ConfigError for a negative epsilon; ShapeError for unknown channels
 * @example
 * const layer = new RMSNormalization({ epsilon: 0 });
 * (layer.apply(tf.tensor2d([[3, 3]])) as tf.Tensor).arraySync(); // [[1, 1]]
 * @see Zhang and Sennrich 2019, arXiv:1910.07467
 */
export class RMSNormalization extends LastAxisLayer<
  Required<Omit<RMSNormalizationArgs, keyof LayerOptions>>
> {
  static className = "RMSNormalization";
  private scale!: tf.LayerVariable;

  constructor(options: RMSNormalizationArgs = {}) {
    const { epsilon = 1e-6 } = options;
    super(options, { epsilon });
    expectNotNegative("RMSNormalization.epsilon", epsilon);
  }

  override build(inputShape: tf.Shape | tf.Shape[]): void {
    this.scale = this.addVector("scale", this.fixChannels(inputShape), "ones");
    super.build(inputShape);
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    const { epsilon } = this.args;
    return tf.tidy(() =>
      tf.mul(normalizeLast(onlyTensor(inputs), { epsilon, isCentred: false }), this.scale.read()),
    );
  }
}

tf.serialization.registerClass(RMSNormalization);
