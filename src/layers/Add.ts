import * as tf from "@tensorflow/tfjs";
import { ShapeError } from "../core/errors";
import { formatShape } from "../core/shapes";
import { BookLayer } from "./support/BookLayer";
import type { LayerOptions } from "./support/BookLayer";
import { valuesOf } from "./support/operations";
import type { CountsOperations } from "./support/operations";

/**
 * The sum of its inputs, as after a residual branch; no weights.
 *
 * tfjs' own `add` adds an extra axis to padding masks and drops all masks but the first, so a masked
 * transformer needs this layer. A token of the sum is valid if it is valid in every input that has a
 * mask.
 *
 * Inputs: two or more of the same shape `[batch, …]`, or broadcastable along axes of size 1; output:
 * the common shape.
 *
 * @throws ShapeError unless there are two inputs or more, of shapes that fit
 * @example
 * const sum = new Add().apply([tf.tensor1d([1, 2]), tf.tensor1d([3, 4])]) as tf.Tensor;
 * sum.arraySync(); // [4, 6]
 * @see He et al. 2016, arXiv:1512.03385, equation 1
 */
export class Add extends BookLayer<object> implements CountsOperations {
  /** tfjs has the short name. */
  static className = "LayerbookAdd";

  constructor(options: LayerOptions = {}) {
    super(options, {});
    this.supportsMasking = true;
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    const [first, ...others] = inputs as tf.Tensor[];
    return tf.tidy(() => others.reduce((sum, other) => tf.add(sum, other), first));
  }

  override computeOutputShape(inputShape: tf.Shape | tf.Shape[]): tf.Shape {
    const shapes = (Array.isArray(inputShape[0]) ? inputShape : [inputShape]) as tf.Shape[];
    const rank = Math.max(...shapes.map(({ length }) => length));
    const fits =
      shapes.length > 1 &&
      shapes.every((shape) => shape.length === rank) &&
      Array.from({ length: rank }).every((_, axis) => this.sizesAt(shapes, axis).size <= 1);
    if (!fits) {
      throw new ShapeError({
        where: `Add "${this.name}"`,
        expected: "two or more inputs of the same shape",
        got: `[${shapes.map((shape) => formatShape(shape)).join(", ")}]`,
      });
    }
    return Array.from({ length: rank }, (_, axis) => {
      const [size = 1] = this.sizesAt(shapes, axis);
      return shapes.some((shape) => shape[axis] === null) && size === 1 ? null : size;
    });
  }

  override computeMask(
    _inputs: tf.Tensor | tf.Tensor[],
    mask?: tf.Tensor | tf.Tensor[],
  ): tf.Tensor {
    const masks = ((mask ?? []) as (tf.Tensor | null | undefined)[]).filter((one) => !!one);
    // tfjs accepts null for "no mask", although its type declaration does not.
    if (masks.length === 0) return null as unknown as tf.Tensor;
    return tf.tidy(() =>
      masks.map((one) => tf.cast(one, "bool")).reduce((joined, one) => tf.logicalAnd(joined, one)),
    );
  }

  countOperations(inputShape: tf.Shape | tf.Shape[]): number {
    const terms = (inputShape as tf.Shape[]).length - 1;
    return terms * valuesOf(this.computeOutputShape(inputShape));
  }

  /** The sizes of an axis, except 1 (broadcast) and unknown sizes. */
  private sizesAt(shapes: readonly tf.Shape[], axis: number): Set<number> {
    const sizes = shapes.map((shape) => shape[axis]);
    return new Set(sizes.filter((size): size is number => size !== null && size !== 1));
  }
}

tf.serialization.registerClass(Add);
