import * as tf from "@tensorflow/tfjs";
import { relu } from "../core/ops/relu";
import { normalized } from "./MultiResBlock";
import { BlockLayer } from "./support/BlockLayer";
import type { BlockArgs, FilledArgs } from "./support/BlockLayer";
import { onlyShape, onlyTensor } from "./support/BookLayer";
import type { CallOptions } from "./support/BookLayer";
import { expectCount } from "./support/checkArgs";
import { createNormalization, fillNormalization } from "./support/ConvUnit";
import type { ConvUnit } from "./support/ConvUnit";
import { valuesOf } from "./support/operations";
import type { CountsOperations } from "./support/operations";

export interface ResPathArgs extends BlockArgs {
  /** Residual units in a row; default 1. */
  readonly length?: number;
}

/** One residual unit of the path. */
interface Unit {
  readonly conv: ConvUnit;
  readonly shortcut: ConvUnit;
  readonly norm: ReturnType<typeof createNormalization>;
}

/**
 * MultiResUNet's skip connection: residual units that narrow the semantic gap between encoder and
 * decoder features.
 *
 * Each unit is `norm(relu(conv1x1(x) + relu(conv3x3(x))))`, its convolutions normalised without a
 * scale (`gamma`). Input `[batch, height, width, channels]`, output `[batch, height, width, filters]`.
 *
 * @throws ConfigError for an argument outside its range
 * @example
 * const path = new ResPath({ filters: 8, length: 3 });
 * (path.apply(tf.zeros([1, 5, 7, 3])) as tf.Tensor).shape; // [1, 5, 7, 8]
 * @see Ibtehaz and Rahman 2020, arXiv:1902.04049, figure 4
 */
export class ResPath extends BlockLayer<FilledArgs<ResPathArgs>> implements CountsOperations {
  static className = "ResPath";
  private readonly units: readonly Unit[];

  constructor(options: ResPathArgs) {
    const { filters, length = 1, seed = 0 } = options;
    const normalization = fillNormalization(options);
    super(options, { filters, length, seed, ...normalization });
    expectCount("ResPath.filters", filters);
    expectCount("ResPath.length", length);
    const plain = { scale: false };
    this.units = Array.from({ length }, (_, index) => {
      const place = String(index + 1);
      const shortcut = this.addConv(`Shortcut${place}`, { filters, kernelSize: 1 }, plain);
      const conv = this.addConv(place, { filters, kernelSize: 3 }, plain);
      const norm = createNormalization(`sumNorm${place}`, filters, normalization);
      if (norm !== null) this.addChild(norm);
      return { shortcut, conv, norm };
    });
  }

  override build(inputShape: tf.Shape | tf.Shape[]): void {
    this.units.reduce((shape, { shortcut, conv, norm }) => {
      this.buildUnit(shortcut, shape);
      const output = this.buildUnit(conv, shape);
      if (norm !== null) this.buildChild(norm, output);
      return output;
    }, onlyShape(inputShape));
    super.build(inputShape);
  }

  override call(inputs: tf.Tensor | tf.Tensor[], options: CallOptions = {}): tf.Tensor {
    return tf.tidy(() =>
      this.units.reduce((x, { shortcut, conv, norm }) => {
        const sum = tf.add(shortcut.apply(x, options), relu(conv.apply(x, options)));
        return normalized(norm, relu(sum), options);
      }, onlyTensor(inputs)),
    );
  }

  override computeOutputShape(inputShape: tf.Shape | tf.Shape[]): tf.Shape {
    return this.units.reduce((shape, { conv }) => conv.outputShape(shape), onlyShape(inputShape));
  }

  countOperations(inputShape: tf.Shape | tf.Shape[]): number {
    let shape = onlyShape(inputShape);
    let total = 0;
    for (const { shortcut, conv, norm } of this.units) {
      total += shortcut.countOperations(shape) + conv.countOperations(shape);
      shape = conv.outputShape(shape);
      total += 3 * valuesOf(shape) + (norm?.countOperations(shape) ?? 0); // two ReLUs and the sum
    }
    return total;
  }
}

tf.serialization.registerClass(ResPath);
