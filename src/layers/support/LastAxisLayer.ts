import * as tf from "@tensorflow/tfjs";
import { ShapeError } from "../../core/errors";
import { formatShape } from "../../core/shapes";
import { BookLayer, onlyShape } from "./BookLayer";
import { valuesOf } from "./operations";
import type { CountsOperations } from "./operations";

/** A layer with one vector of weights, or two, along the last axis of `[batch, …, channels]`. */
export abstract class LastAxisLayer<A extends object>
  extends BookLayer<A>
  implements CountsOperations
{
  override supportsMasking = true;

  override computeOutputShape(inputShape: tf.Shape | tf.Shape[]): tf.Shape {
    return onlyShape(inputShape);
  }

  countOperations(inputShape: tf.Shape | tf.Shape[]): number {
    return 6 * valuesOf(onlyShape(inputShape));
  }

  /** The channels of an input, which later inputs must have too. */
  protected fixChannels(inputShape: tf.Shape | tf.Shape[]): number {
    const shape = onlyShape(inputShape);
    const channels = shape[shape.length - 1];
    if (shape.length < 2 || channels === null) {
      throw new ShapeError({
        where: `${this.constructor.name} "${this.name}"`,
        expected: "[batch, …, channels] with known channels",
        got: formatShape(shape),
      });
    }
    this.inputSpec = [
      new tf.InputSpec({ ndim: shape.length, axes: { [shape.length - 1]: channels } }),
    ];
    return channels;
  }

  /** `gamma` or `beta`, `[channels]`. */
  protected addVector(name: string, channels: number, initial: "zeros" | "ones"): tf.LayerVariable {
    const initializer = initial === "ones" ? tf.initializers.ones() : tf.initializers.zeros();
    return this.addWeight(name, [channels], "float32", initializer);
  }
}
