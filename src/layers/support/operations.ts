import type * as tf from "@tensorflow/tfjs";

/**
 * A layer that can say how much work it is. One multiplication and one addition are two
 * operations; normalisations, activations and pooling count one a value and step, comparisons too.
 */
export interface CountsOperations {
  /** Floating-point operations of a forward pass over one batch item. */
  countOperations(inputShape: tf.Shape | tf.Shape[]): number;
}

export { valuesOf } from "../../core/operations";
