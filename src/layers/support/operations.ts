import type * as tf from "@tensorflow/tfjs";

/**
 * A layer that can say how much work it is. One multiplication and one addition are two
 * operations; normalisations, activations and pooling count one a value and step, comparisons too.
 */
export interface CountsOperations {
  /** Floating-point operations of a forward pass over one batch item. */
  countOperations(inputShape: tf.Shape | tf.Shape[]): number;
}

/** The number of values in a shape, without the batch axis. */
export function valuesOf(shape: tf.Shape): number {
  return shape.slice(1).reduce<number>((product, size) => product * (size ?? 1), 1);
}

/** Whether a layer counts its own operations. */
export function countsOperations(layer: object): layer is CountsOperations {
  return typeof (layer as Partial<CountsOperations>).countOperations === "function";
}
