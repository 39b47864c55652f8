import * as tf from "@tensorflow/tfjs";
import { SeedGenerator, seedInitializer } from "../../core/seedGenerator";
import { BookLayer, onlyShape, onlyTensor } from "./BookLayer";
import type { CallOptions } from "./BookLayer";
import { valuesOf } from "./operations";
import type { CountsOperations } from "./operations";

/**
 * A layer that draws random numbers in training and does nothing otherwise. The state of its seed is a
 * weight, so that a recorded step draws new numbers each time and a resumed training draws the same
 * numbers as an uninterrupted one.
 */
export abstract class SeededLayer<A extends { readonly seed: number }>
  extends BookLayer<A>
  implements CountsOperations
{
  override supportsMasking = true;
  private seeds!: SeedGenerator;

  override build(inputShape: tf.Shape | tf.Shape[]): void {
    const initializer = seedInitializer(this.args.seed);
    this.seeds = new SeedGenerator(
      this.addWeight("seedState", [2], "int32", initializer, undefined, false),
    );
    super.build(inputShape);
  }

  override call(inputs: tf.Tensor | tf.Tensor[], options: CallOptions = {}): tf.Tensor {
    const x = onlyTensor(inputs);
    if (options.training !== true || !this.isActive()) return x;
    return tf.tidy(() => this.disturb(x, this.seeds.next()));
  }

  override computeOutputShape(inputShape: tf.Shape | tf.Shape[]): tf.Shape {
    return onlyShape(inputShape);
  }

  countOperations(inputShape: tf.Shape | tf.Shape[]): number {
    return valuesOf(onlyShape(inputShape));
  }

  /** Whether it changes anything in training. */
  protected abstract isActive(): boolean;

  /** The output in training; in `tf.tidy`. */
  protected abstract disturb(x: tf.Tensor, seed: tf.Tensor1D): tf.Tensor;
}
