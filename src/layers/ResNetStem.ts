import * as tf from "@tensorflow/tfjs";
import { relu } from "../core/ops/relu";
import { BlockLayer } from "./support/BlockLayer";
import type { BlockArgs, FilledArgs } from "./support/BlockLayer";
import { onlyShape, onlyTensor } from "./support/BookLayer";
import type { CallOptions } from "./support/BookLayer";
import { expectCount } from "./support/checkArgs";
import { fillNormalization } from "./support/ConvUnit";
import type { ConvUnit } from "./support/ConvUnit";
import { valuesOf } from "./support/operations";
import type { CountsOperations } from "./support/operations";

export type ResNetStemArgs = BlockArgs;

/**
 * The stem of ResNets: a 7x7 convolution of stride 2, normalisation and ReLU, then 3x3 max pooling of
 * stride 2, both padded on each side as PyTorch does.
 *
 * Input `[batch, height, width, channels]`; outputs `[features, pooled]`: half and a quarter of
 * the size, rounded up.
 *
 * @example
 * const stem = new ResNetStem({ filters: 8 });
 * (stem.apply(tf.zeros([1, 13, 17, 3])) as tf.Tensor[]).map((t) => t.shape); // [[1, 7, 9, 8], [1, 4, 5, 8]]
 * @see He et al. 2016, arXiv:1512.03385, table 1
 */
export class ResNetStem extends BlockLayer<FilledArgs<ResNetStemArgs>> implements CountsOperations {
  static className = "ResNetStem";
  private readonly unit: ConvUnit;

  constructor(options: ResNetStemArgs) {
    const { filters, seed = 0 } = options;
    super(options, { filters, seed, ...fillNormalization(options) });
    expectCount("ResNetStem.filters", filters);
    this.unit = this.addConv("1", { filters, kernelSize: 7, strides: 2, padding: 3 });
  }

  override build(inputShape: tf.Shape | tf.Shape[]): void {
    this.buildUnit(this.unit, onlyShape(inputShape));
    super.build(inputShape);
  }

  override call(inputs: tf.Tensor | tf.Tensor[], options: CallOptions = {}): tf.Tensor[] {
    return tf.tidy(() => {
      const features = relu(this.unit.apply(onlyTensor(inputs), options)) as tf.Tensor4D;
      // After a ReLU, a zero border never exceeds a pixel's value.
      const bordered = tf.pad4d(features, [
        [0, 0],
        [1, 1],
        [1, 1],
        [0, 0],
      ]);
      return [features, tf.maxPool(bordered, 3, 2, "valid")];
    });
  }

  override computeOutputShape(inputShape: tf.Shape | tf.Shape[]): tf.Shape[] {
    const features = this.unit.outputShape(onlyShape(inputShape));
    const half = (size: number | null): number | null => size && Math.ceil(size / 2);
    return [features, [features[0], half(features[1]), half(features[2]), features[3]]];
  }

  countOperations(inputShape: tf.Shape | tf.Shape[]): number {
    const [features, pooled] = this.computeOutputShape(inputShape);
    const own = this.unit.countOperations(onlyShape(inputShape));
    return own + valuesOf(features) + 9 * valuesOf(pooled);
  }
}

tf.serialization.registerClass(ResNetStem);
