import * as tf from "@tensorflow/tfjs";
import { ShapeError } from "../core/errors";
import { normalizeGroups } from "../core/ops/normalizeGroups";
import { formatShape } from "../core/shapes";
import { BookLayer, onlyShape, onlyTensor } from "./support/BookLayer";
import type { LayerOptions } from "./support/BookLayer";
import { expectCount, expectDivides, expectNotNegative } from "./support/checkArgs";
import { valuesOf } from "./support/operations";
import type { CountsOperations } from "./support/operations";

export interface GroupNormalizationArgs extends LayerOptions {
  /** Number of equal slices of the channels, each normalised separately; default 32. */
  readonly groups?: number;
  /** Added to the variance; default 1e-3. */
  readonly epsilon?: number;
  /** Whether there is a learned shift `beta`; default true. */
  readonly center?: boolean;
  /** Whether there is a learned factor `gamma`; default true. */
  readonly scale?: boolean;
}

/**
 * Normalises each group of channels of each batch item to mean 0 and variance 1.
 *
 * @param x `[batch, …, channels]`
 * @param groups a divisor of `channels`
 * @param epsilon added to the variance
 * @returns the shape of `x`
 * @example
 * groupNormalize(tf.tensor2d([[1, 3, 5, 5]]), 2, 0).slice([0, 0], [1, 2]).arraySync(); // [[-1, 1]]
 * @see Wu and He 2018, arXiv:1803.08494
 */
export function groupNormalize(x: tf.Tensor, groups: number, epsilon: number): tf.Tensor {
  return normalizeGroups(x, { groups, epsilon, gamma: null, beta: null });
}

/**
 * Group normalisation: normalises each image separately, so that it does not depend on the batch and
 * is the same in training and inference.
 *
 * Input and output `[batch, …, channels]`. Weights `gamma` and `beta`, each `[channels]`.
 *
 * @throws ConfigError when `groups` does not divide the channels
 * @example
 * const layer = new GroupNormalization({ groups: 2 });
 * (layer.apply(tf.zeros([1, 3, 5, 4])) as tf.Tensor).shape; // [1, 3, 5, 4]
 * @see Wu and He 2018, arXiv:1803.08494
 */
export class GroupNormalization
  extends BookLayer<Required<Omit<GroupNormalizationArgs, keyof LayerOptions>>>
  implements CountsOperations
{
  static className = "GroupNormalization";
  private gamma: tf.LayerVariable | null = null;
  private beta: tf.LayerVariable | null = null;

  constructor(options: GroupNormalizationArgs = {}) {
    const { groups = 32, epsilon = 1e-3, center = true, scale = true } = options;
    super(options, { groups, epsilon, center, scale });
    expectCount("GroupNormalization.groups", groups);
    expectNotNegative("GroupNormalization.epsilon", epsilon);
  }

  override build(inputShape: tf.Shape | tf.Shape[]): void {
    const shape = onlyShape(inputShape);
    const channels = shape[shape.length - 1];
    if (shape.length < 2 || channels === null) {
      throw new ShapeError({
        where: `GroupNormalization "${this.name}"`,
        expected: "[batch, …, channels] with known channels",
        got: formatShape(shape),
      });
    }
    expectDivides("GroupNormalization.groups", this.args.groups, channels);
    if (this.args.scale) {
      this.gamma = this.addWeight("gamma", [channels], "float32", tf.initializers.ones());
    }
    if (this.args.center) {
      this.beta = this.addWeight("beta", [channels], "float32", tf.initializers.zeros());
    }
    this.inputSpec = [
      new tf.InputSpec({ ndim: shape.length, axes: { [shape.length - 1]: channels } }),
    ];
    super.build(inputShape);
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    const { groups, epsilon } = this.args;
    const [gamma, beta] = [this.gamma, this.beta].map((weight) => weight?.read() ?? null);
    return normalizeGroups(onlyTensor(inputs), { groups, epsilon, gamma, beta });
  }

  override computeOutputShape(inputShape: tf.Shape | tf.Shape[]): tf.Shape {
    return onlyShape(inputShape);
  }

  countOperations(inputShape: tf.Shape | tf.Shape[]): number {
    return 6 * valuesOf(onlyShape(inputShape));
  }
}

tf.serialization.registerClass(GroupNormalization);
