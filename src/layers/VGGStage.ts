import * as tf from "@tensorflow/tfjs";
import { relu } from "../core/ops/relu";
import { BlockLayer } from "./support/BlockLayer";
import type { BlockArgs, FilledArgs } from "./support/BlockLayer";
import { onlyShape, onlyTensor } from "./support/BookLayer";
import type { CallOptions } from "./support/BookLayer";
import { expectCount, expectPair } from "./support/checkArgs";
import type { Pair } from "./support/checkArgs";
import { fillNormalization } from "./support/ConvUnit";
import type { ConvUnit, Normalization } from "./support/ConvUnit";
import { valuesOf } from "./support/operations";
import type { CountsOperations } from "./support/operations";

export interface VGGStageArgs extends BlockArgs {
  /** Convolutions in a row; default 2. */
  readonly convolutions?: number;
  /** Kernel size of each; default 3. */
  readonly kernelSize?: Pair;
  /** Whether 2x2 max pooling follows; default true. */
  readonly usePooling?: boolean;
  /** Default `"none"`, as in the paper. */
  readonly normalization?: Normalization;
}

/**
 * A stage of VGG: convolutions with ReLU, then 2x2 max pooling.
 *
 * Input `[batch, height, width, channels]`, output `[batch, ceil(height / 2), ceil(width / 2),
 * filters]`, or the full size without pooling.
 *
 * @example
 * const stage = new VGGStage({ filters: 8, convolutions: 3 });
 * (stage.apply(tf.zeros([1, 5, 7, 3])) as tf.Tensor).shape; // [1, 3, 4, 8]
 * @see Simonyan and Zisserman 2015, arXiv:1409.1556, table 1
 */
export class VGGStage extends BlockLayer<FilledArgs<VGGStageArgs>> implements CountsOperations {
  static className = "VGGStage";
  private readonly units: ConvUnit[] = [];

  constructor(options: VGGStageArgs) {
    const { filters, convolutions = 2, kernelSize = 3, usePooling = true, seed = 0 } = options;
    const normalization = fillNormalization({ normalization: "none", ...options });
    const own = { filters, convolutions, kernelSize, usePooling, seed };
    super(options, { ...own, ...normalization });
    expectCount("VGGStage.filters", filters);
    expectCount("VGGStage.convolutions", convolutions);
    expectPair("VGGStage.kernelSize", kernelSize);
    for (let index = 1; index <= convolutions; index++) {
      this.units.push(this.addConv(String(index), { filters, kernelSize }));
    }
  }

  override build(inputShape: tf.Shape | tf.Shape[]): void {
    this.units.reduce((shape, unit) => this.buildUnit(unit, shape), onlyShape(inputShape));
    super.build(inputShape);
  }

  override call(inputs: tf.Tensor | tf.Tensor[], options: CallOptions = {}): tf.Tensor {
    return tf.tidy(() => {
      const features = this.units.reduce(
        (x, unit) => relu(unit.apply(x, options)),
        onlyTensor(inputs),
      ) as tf.Tensor4D;
      return this.args.usePooling ? tf.maxPool(features, 2, 2, "same") : features;
    });
  }

  override computeOutputShape(inputShape: tf.Shape | tf.Shape[]): tf.Shape {
    const [batch, height, width] = onlyShape(inputShape);
    const { filters, usePooling } = this.args;
    const pool = (size: number | null): number | null =>
      size && Math.ceil(usePooling ? size / 2 : size);
    return [batch, pool(height), pool(width), filters];
  }

  countOperations(inputShape: tf.Shape | tf.Shape[]): number {
    let shape = onlyShape(inputShape);
    let total = 0;
    for (const unit of this.units) {
      total += unit.countOperations(shape);
      shape = unit.outputShape(shape);
      total += valuesOf(shape);
    }
    return total + (this.args.usePooling ? valuesOf(shape) : 0);
  }
}

tf.serialization.registerClass(VGGStage);
