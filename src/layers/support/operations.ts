import type * as tf from "@tensorflow/tfjs";

/**
 * A layer that counts its operations. One multiplication and one addition are two operations;
 * normalisations, activations, pooling and comparisons count one per value and step.
 */
export interface CountsOperations {
  /** Floating-point operations of a forward pass over one batch item. */
  countOperations(inputShape: tf.Shape | tf.Shape[]): number;
}

export { valuesOf } from "../../core/operations";
