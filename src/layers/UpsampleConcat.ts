import * as tf from "@tensorflow/tfjs";
import { conv2dTranspose } from "../core/ops/conv2dTranspose";
import { relu } from "../core/ops/relu";
import { BlockLayer } from "./support/BlockLayer";
import type { BlockArgs, FilledArgs } from "./support/BlockLayer";
import type { CallOptions } from "./support/BookLayer";
import { expectCount, expectOneOf } from "./support/checkArgs";
import { fillNormalization } from "./support/ConvUnit";
import type { ConvUnit } from "./support/ConvUnit";
import { fitSize } from "./support/fitSize";
import { seededInitializer } from "./support/initializers";
import { valuesOf } from "./support/operations";
import type { CountsOperations } from "./support/operations";
import { expectTwoImages } from "./support/twoImages";

/** How features are upsampled to twice their size. */
export type Upsampling = "transposed" | "nearest";

const UPSAMPLINGS: readonly Upsampling[] = ["transposed", "nearest"];

export interface UpsampleConcatArgs extends BlockArgs {
  /**
   * `"transposed"` (default): a 2x2 transposed convolution with a bias. `"nearest"`: nearest-neighbour
   * upsampling, then a 3x3 convolution with normalisation and ReLU.
   */
  readonly upsampling?: Upsampling;
}

/**
 * Upsamples coarse features to the size of a skip and concatenates both: the first half of a decoder
 * level.
 *
 * Inputs `[x, skip]`: `[batch, h, w, channels]` and `[batch, height, width, skipChannels]`; output
 * `[batch, height, width, skipChannels + filters]`, the skip's channels first. The upsampled features
 * are cropped or padded to the size of the skip, so any size works. `normalization` applies only to
 * `"nearest"`.
 *
 * @throws ShapeError unless there are two inputs of rank 4
 * @example
 * const join = new UpsampleConcat({ filters: 8 });
 * (join.apply([tf.zeros([1, 3, 4, 16]), tf.zeros([1, 5, 7, 2])]) as tf.Tensor).shape; // [1, 5, 7, 10]
 * @see Ronneberger et al. 2015, arXiv:1505.04597
 */
export class UpsampleConcat
  extends BlockLayer<FilledArgs<UpsampleConcatArgs>>
  implements CountsOperations
{
  static className = "UpsampleConcat";
  private readonly unit: ConvUnit | null;
  private kernel: tf.LayerVariable | null = null;
  private bias: tf.LayerVariable | null = null;

  constructor(options: UpsampleConcatArgs) {
    const { filters, upsampling = "transposed", seed = 0 } = options;
    super(options, { filters, upsampling, seed, ...fillNormalization(options) });
    expectCount("UpsampleConcat.filters", filters);
    expectOneOf("UpsampleConcat.upsampling", upsampling, UPSAMPLINGS);
    this.unit = upsampling === "nearest" ? this.addConv("1", { filters, kernelSize: 3 }) : null;
  }

  override build(inputShape: tf.Shape | tf.Shape[]): void {
    const [x] = this.bothShapes(inputShape);
    if (this.unit !== null) {
      this.buildUnit(this.unit, this.doubled(x));
    } else {
      const { filters } = this.args;
      const initializer = seededInitializer("glorotUniform", this.childSeed(), "up/kernel");
      this.kernel = this.addWeight("up/kernel", [2, 2, filters, x[3]], "float32", initializer);
      this.bias = this.addWeight("up/bias", [filters], "float32", tf.initializers.zeros());
    }
    super.build(inputShape);
  }

  override call(inputs: tf.Tensor | tf.Tensor[], options: CallOptions = {}): tf.Tensor {
    return tf.tidy(() => {
      const [x, skip] = inputs as [tf.Tensor4D, tf.Tensor4D];
      const [, height, width] = skip.shape;
      const up = this.unit === null ? this.transposed(x) : this.nearest(x, this.unit, options);
      return tf.concat4d([skip, fitSize(up, height, width)], 3);
    });
  }

  override computeOutputShape(inputShape: tf.Shape | tf.Shape[]): tf.Shape {
    const [, skip] = this.bothShapes(inputShape);
    return [skip[0], skip[1], skip[2], (skip[3] ?? 0) + this.args.filters];
  }

  countOperations(inputShape: tf.Shape | tf.Shape[]): number {
    const [x] = this.bothShapes(inputShape);
    if (this.unit === null) return 2 * 4 * this.args.filters * valuesOf(x);
    const doubled = this.doubled(x);
    return this.unit.countOperations(doubled) + valuesOf(this.unit.outputShape(doubled));
  }

  private transposed(x: tf.Tensor4D): tf.Tensor4D {
    const [batch, h, w] = x.shape;
    const size: [number, number, number, number] = [batch, 2 * h, 2 * w, this.args.filters];
    const kernel = this.kernel?.read() as tf.Tensor4D;
    return tf.add(conv2dTranspose(x, kernel, size, [2, 2]), this.bias?.read() as tf.Tensor);
  }

  private nearest(x: tf.Tensor4D, unit: ConvUnit, options: CallOptions): tf.Tensor4D {
    const [batch, h, w, channels] = x.shape;
    // Doubles each axis by concatenation, whose gradient is available on every backend.
    const row = tf.reshape(x, [batch, h, 1, w * channels]);
    const rows = tf.concat([row, row], 2);
    const columns = tf.reshape(rows, [batch * 2 * h, w, 1, channels]);
    const doubled = tf.concat([columns, columns], 2);
    const up = tf.reshape<tf.Rank.R4>(doubled, [batch, 2 * h, 2 * w, channels]);
    return relu(unit.apply(up, options)) as tf.Tensor4D;
  }

  private doubled([batch, height, width, channels]: tf.Shape): tf.Shape {
    const twice = (size: number | null): number | null => size && 2 * size;
    return [batch, twice(height), twice(width), channels];
  }

  private bothShapes(inputShape: tf.Shape | tf.Shape[]): [tf.Shape, tf.Shape] {
    return expectTwoImages(`UpsampleConcat "${this.name}"`, "[x, skip]", inputShape);
  }
}

tf.serialization.registerClass(UpsampleConcat);
