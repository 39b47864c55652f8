import * as tf from "@tensorflow/tfjs";
import { normalizeLast } from "../core/ops/normalizeLast";
import { onlyTensor } from "./support/BookLayer";
import type { LayerOptions } from "./support/BookLayer";
import { expectNotNegative } from "./support/checkArgs";
import { LastAxisLayer } from "./support/LastAxisLayer";

export interface LayerNormalizationArgs extends LayerOptions {
  /** Added to the variance; default 1e-3, as in Keras (PyTorch: 1e-5). */
  readonly epsilon?: number;
  /** Whether there is a learned shift `beta`; default true. */
  readonly center?: boolean;
  /** Whether there is a learned factor `gamma`; default true. */
  readonly scale?: boolean;
}

/**
 * Layer normalisation over the last axis. Recording tfjs' own gives tens of thousands of nodes, since
 * its gradient of Tile slices token by token.
 *
 * Input and output `[batch, …, channels]`, of any rank from 2. Weights `gamma` and `beta`, each
 * `[channels]`.
 *
 * @throws ConfigError for a negative epsilon; ShapeError for unknown channels
 * @example
 * const layer = new LayerNormalization({ epsilon: 0 });
 * (layer.apply(tf.tensor3d([[[1, 3]]])) as tf.Tensor).arraySync(); // [[[-1, 1]]]
 * @see Ba, Kiros and Hinton 2016, arXiv:1607.06450
 */
export class LayerNormalization extends LastAxisLayer<
  Required<Omit<LayerNormalizationArgs, keyof LayerOptions>>
> {
  /** tfjs has the short name. */
  static className = "LayerbookLayerNormalization";
  private gamma: tf.LayerVariable | null = null;
  private beta: tf.LayerVariable | null = null;

  constructor(options: LayerNormalizationArgs = {}) {
    const { epsilon = 1e-3, center = true, scale = true } = options;
    super(options, { epsilon, center, scale });
    expectNotNegative("LayerNormalization.epsilon", epsilon);
  }

  override build(inputShape: tf.Shape | tf.Shape[]): void {
    const channels = this.fixChannels(inputShape);
    if (this.args.scale) this.gamma = this.addVector("gamma", channels, "ones");
    if (this.args.center) this.beta = this.addVector("beta", channels, "zeros");
    super.build(inputShape);
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    const { epsilon } = this.args;
    return tf.tidy(() => {
      const value = normalizeLast(onlyTensor(inputs), { epsilon, isCentred: true });
      const scaled = this.gamma === null ? value : tf.mul(value, this.gamma.read());
      return this.beta === null ? scaled : tf.add(scaled, this.beta.read());
    });
  }
}

tf.serialization.registerClass(LayerNormalization);
