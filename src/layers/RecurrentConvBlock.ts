import * as tf from "@tensorflow/tfjs";
import { relu } from "../core/ops/relu";
import { GroupedConv2D } from "./GroupedConv2D";
import { BlockLayer } from "./support/BlockLayer";
import type { BlockArgs, FilledArgs } from "./support/BlockLayer";
import { onlyShape, onlyTensor } from "./support/BookLayer";
import type { CallOptions } from "./support/BookLayer";
import { expectCount } from "./support/checkArgs";
import { fillNormalization } from "./support/ConvUnit";
import type { ConvUnit } from "./support/ConvUnit";
import { valuesOf } from "./support/operations";
import type { CountsOperations } from "./support/operations";

export interface RecurrentConvBlockArgs extends BlockArgs {
  /** How many more times each convolution is applied, to its input plus its last output; default 2. */
  readonly steps?: number;
}

/**
 * R2U-Net's recurrent residual unit: `p + R(R(p))`, where `p` is a 1x1 convolution of the input and
 * `R` a recurrent 3x3 convolution with normalisation and ReLU.
 *
 * A recurrent convolution `f` is applied `steps + 1` times with the same weights: `y = f(x)`, then `y
 * = f(x + y)`. Input `[batch, height, width, channels]`, output `[batch, height, width, filters]`. The
 * running statistics of batch normalisation are updated at each application, as in the public
 * implementations.
 *
 * @example
 * const block = new RecurrentConvBlock({ filters: 8 });
 * (block.apply(tf.zeros([1, 5, 7, 3])) as tf.Tensor).shape; // [1, 5, 7, 8]
 * @see Alom et al. 2018, arXiv:1802.06955, figure 4d
 */
export class RecurrentConvBlock
  extends BlockLayer<FilledArgs<RecurrentConvBlockArgs>>
  implements CountsOperations
{
  static className = "RecurrentConvBlock";
  private readonly projection: GroupedConv2D;
  private readonly units: readonly ConvUnit[];

  constructor(options: RecurrentConvBlockArgs) {
    const { filters, steps = 2, seed = 0 } = options;
    super(options, { filters, steps, seed, ...fillNormalization(options) });
    expectCount("RecurrentConvBlock.filters", filters);
    expectCount("RecurrentConvBlock.steps", steps, 0);
    const projection = { name: "projection", filters, kernelSize: 1, seed: this.childSeed() };
    this.projection = this.addChild(new GroupedConv2D(projection));
    this.units = ["1", "2"].map((suffix) => this.addConv(suffix, { filters, kernelSize: 3 }));
  }

  override build(inputShape: tf.Shape | tf.Shape[]): void {
    const projected = this.buildChild(this.projection, onlyShape(inputShape));
    for (const unit of this.units) this.buildUnit(unit, projected);
    super.build(inputShape);
  }

  override call(inputs: tf.Tensor | tf.Tensor[], options: CallOptions = {}): tf.Tensor {
    return tf.tidy(() => {
      const projected = this.projection.apply(onlyTensor(inputs)) as tf.Tensor;
      const features = this.units.reduce((x, unit) => this.recur(unit, x, options), projected);
      return tf.add(projected, features);
    });
  }

  override computeOutputShape(inputShape: tf.Shape | tf.Shape[]): tf.Shape {
    return this.projection.computeOutputShape(onlyShape(inputShape));
  }

  countOperations(inputShape: tf.Shape | tf.Shape[]): number {
    const output = this.computeOutputShape(inputShape);
    const values = valuesOf(output);
    const { steps } = this.args;
    const recurrent = this.units.reduce(
      (total, unit) => total + (steps + 1) * (unit.countOperations(output) + values),
      0,
    );
    const sums = this.units.length * steps * values + values;
    return this.projection.countOperations(onlyShape(inputShape)) + recurrent + sums;
  }

  private recur(unit: ConvUnit, x: tf.Tensor, options: CallOptions): tf.Tensor {
    let y = relu(unit.apply(x, options));
    for (let step = 0; step < this.args.steps; step++) {
      y = relu(unit.apply(tf.add(x, y), options));
    }
    return y;
  }
}

tf.serialization.registerClass(RecurrentConvBlock);
