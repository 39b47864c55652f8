import * as tf from "@tensorflow/tfjs";
import { relu } from "../core/ops/relu";
import { onlyShape, onlyTensor } from "./support/BookLayer";
import type { LayerOptions } from "./support/BookLayer";
import { expectCount } from "./support/checkArgs";
import { CompositeLayer } from "./support/CompositeLayer";
import { DenseMap } from "./support/DenseMap";
import { deriveSeed } from "./support/initializers";
import { valuesOf } from "./support/operations";
import type { CountsOperations } from "./support/operations";
import { channelsOf } from "./support/shapes";

export interface SqueezeExcitationArgs extends LayerOptions {
  /** Reduction ratio: input channels divided by the hidden channels; default 16. */
  readonly ratio?: number;
  /** Fixes the initial kernels, together with the layer's name; default 0. */
  readonly seed?: number;
}

/**
 * Weights the channels of each batch item by its global context: the mean over space, two dense layers
 * with a ReLU between them, and a sigmoid.
 *
 * Input and output `[batch, …space, channels]`. Weights under `squeeze` (`[channels, max(1,
 * floor(channels / ratio))]`) and `excite`, each with a bias.
 *
 * @throws ConfigError for a ratio that is not an integer of at least 1; ShapeError for another rank
 * @example
 * const layer = new SqueezeExcitation({ ratio: 2 });
 * (layer.apply(tf.zeros([1, 5, 7, 4])) as tf.Tensor).shape; // [1, 5, 7, 4]
 * @see Hu, Shen and Sun 2018, arXiv:1709.01507, section 3
 */
export class SqueezeExcitation
  extends CompositeLayer<Required<Omit<SqueezeExcitationArgs, keyof LayerOptions>>>
  implements CountsOperations
{
  static className = "SqueezeExcitation";
  private maps!: readonly [DenseMap, DenseMap];

  constructor(options: SqueezeExcitationArgs = {}) {
    const { ratio = 16, seed = 0 } = options;
    super(options, { ratio, seed });
    expectCount("SqueezeExcitation.ratio", ratio);
  }

  override build(inputShape: tf.Shape | tf.Shape[]): void {
    const shape = onlyShape(inputShape);
    const channels = channelsOf(`SqueezeExcitation "${this.name}"`, shape, [3, 4, 5]);
    const add = (name: string, units: number): DenseMap => {
      const seed = deriveSeed(this.args.seed, `${this.seedLabel}/${name}`);
      return this.addChild(new DenseMap({ name, units, seed }));
    };
    const narrow = Math.max(1, Math.floor(channels / this.args.ratio));
    this.maps = [add("squeeze", narrow), add("excite", channels)];
    this.buildChild(this.maps[1], this.buildChild(this.maps[0], [shape[0], channels]));
    super.build(inputShape);
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    return tf.tidy(() => {
      const x = onlyTensor(inputs);
      const space = x.shape.slice(1, -1).map((_, axis) => axis + 1);
      const [squeeze, excite] = this.maps;
      const narrow = relu(squeeze.apply(tf.mean(x, space)) as tf.Tensor);
      const weights = tf.sigmoid(excite.apply(narrow) as tf.Tensor);
      const spread = [x.shape[0], ...space.map(() => 1), x.shape[x.rank - 1]];
      return tf.mul(x, tf.reshape(weights, spread));
    });
  }

  override computeOutputShape(inputShape: tf.Shape | tf.Shape[]): tf.Shape {
    return onlyShape(inputShape);
  }

  countOperations(inputShape: tf.Shape | tf.Shape[]): number {
    const shape = onlyShape(inputShape);
    const channels = shape[shape.length - 1] ?? 1;
    const narrow = Math.max(1, Math.floor(channels / this.args.ratio));
    return 2 * valuesOf(shape) + 4 * channels * narrow;
  }
}

tf.serialization.registerClass(SqueezeExcitation);
