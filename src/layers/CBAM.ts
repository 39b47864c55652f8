import * as tf from "@tensorflow/tfjs";
import { relu } from "../core/ops/relu";
import { GroupedConv2D } from "./GroupedConv2D";
import { onlyShape, onlyTensor } from "./support/BookLayer";
import type { LayerOptions } from "./support/BookLayer";
import { expectCount } from "./support/checkArgs";
import { CompositeLayer } from "./support/CompositeLayer";
import { DenseMap } from "./support/DenseMap";
import { deriveSeed } from "./support/initializers";
import { valuesOf } from "./support/operations";
import type { CountsOperations } from "./support/operations";
import { channelsOf } from "./support/shapes";

export interface CBAMArgs extends LayerOptions {
  /** Reduction ratio: input channels divided by the hidden channels; default 16. */
  readonly ratio?: number;
  /** Kernel size of the spatial attention's convolution; default 7. */
  readonly kernelSize?: number;
  /** Fixes the initial kernels, together with the layer's name; default 0. */
  readonly seed?: number;
}

/**
 * Convolutional block attention module: weights channels by their mean and maximum over the image,
 * then pixels by their mean and maximum over the channels.
 *
 * Input and output `[batch, height, width, channels]`. Weights under `squeeze` and `excite` (shared by
 * mean and maximum) and `pixels` (a convolution of maximum and mean, in this order, without bias).
 *
 * @throws ConfigError for an argument outside its range; ShapeError for another rank
 * @example
 * const layer = new CBAM({ ratio: 2 });
 * (layer.apply(tf.zeros([1, 5, 7, 4])) as tf.Tensor).shape; // [1, 5, 7, 4]
 * @see Woo et al. 2018, arXiv:1807.06521, equations 2 and 3
 */
export class CBAM
  extends CompositeLayer<Required<Omit<CBAMArgs, keyof LayerOptions>>>
  implements CountsOperations
{
  static className = "CBAM";
  private maps!: readonly [DenseMap, DenseMap];
  private pixels!: GroupedConv2D;

  constructor(options: CBAMArgs = {}) {
    const { ratio = 16, kernelSize = 7, seed = 0 } = options;
    super(options, { ratio, kernelSize, seed });
    expectCount("CBAM.ratio", ratio);
    expectCount("CBAM.kernelSize", kernelSize);
  }

  override build(inputShape: tf.Shape | tf.Shape[]): void {
    const shape = onlyShape(inputShape);
    const channels = channelsOf(`CBAM "${this.name}"`, shape, [4]);
    const { ratio, kernelSize } = this.args;
    const seedOf = (name: string): number =>
      deriveSeed(this.args.seed, `${this.seedLabel}/${name}`);
    const addMap = (name: string, units: number): DenseMap =>
      this.addChild(new DenseMap({ name, units, seed: seedOf(name) }));
    const narrow = Math.max(1, Math.floor(channels / ratio));
    this.maps = [addMap("squeeze", narrow), addMap("excite", channels)];
    this.buildChild(this.maps[1], this.buildChild(this.maps[0], [shape[0], channels]));
    const pixels = { name: "pixels", filters: 1, kernelSize, useBias: false };
    this.pixels = this.addChild(new GroupedConv2D({ ...pixels, seed: seedOf("pixels") }));
    this.buildChild(this.pixels, [shape[0], shape[1], shape[2], 2]);
    super.build(inputShape);
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    return tf.tidy(() => {
      const x = onlyTensor(inputs);
      const [batch, , , channels] = x.shape;
      const [squeeze, excite] = this.maps;
      const transform = (pooled: tf.Tensor): tf.Tensor =>
        excite.apply(relu(squeeze.apply(pooled) as tf.Tensor)) as tf.Tensor;
      const sum = tf.add(transform(tf.mean(x, [1, 2])), transform(tf.max(x, [1, 2])));
      const weighed = tf.mul(x, tf.reshape(tf.sigmoid(sum), [batch, 1, 1, channels]));
      const pooled = tf.concat([tf.max(weighed, 3, true), tf.mean(weighed, 3, true)], 3);
      return tf.mul(weighed, tf.sigmoid(this.pixels.apply(pooled) as tf.Tensor));
    });
  }

  override computeOutputShape(inputShape: tf.Shape | tf.Shape[]): tf.Shape {
    return onlyShape(inputShape);
  }

  countOperations(inputShape: tf.Shape | tf.Shape[]): number {
    const shape = onlyShape(inputShape);
    const channels = shape[3] ?? 1;
    const narrow = Math.max(1, Math.floor(channels / this.args.ratio));
    const places = valuesOf(shape) / channels;
    return 6 * valuesOf(shape) + 8 * channels * narrow + 4 * places * this.args.kernelSize ** 2;
  }
}

tf.serialization.registerClass(CBAM);
