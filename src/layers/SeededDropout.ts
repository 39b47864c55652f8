import * as tf from "@tensorflow/tfjs";
import { statelessDropout } from "../core/ops/statelessRandom";
import { SeedGenerator, seedInitializer } from "../core/seedGenerator";
import { BookLayer, onlyShape, onlyTensor } from "./support/BookLayer";
import type { CallOptions, LayerOptions } from "./support/BookLayer";
import { expectShare } from "./support/checkArgs";
import { valuesOf } from "./support/operations";
import type { CountsOperations } from "./support/operations";

export interface SeededDropoutArgs extends LayerOptions {
  /** Share of the values that training sets to zero, in [0, 1). */
  readonly rate: number;
  /** Fixes the sequence of masks; default 0. */
  readonly seed?: number;
}

/**
 * Dropout that draws anew each training step and can be recorded: tfjs' own repeats its mask when
 * it has a seed, and would freeze in a compiled step.
 *
 * Input and output of any shape. Weight: the state of the seed, so that a resumed training draws
 * what it would have drawn.
 *
 * @throws ConfigError when the rate is not in [0, 1)
 * @example
 * const layer = new SeededDropout({ rate: 0.5 });
 * (layer.apply(tf.ones([1, 4])) as tf.Tensor).arraySync(); // [[1, 1, 1, 1]]
 * @see Srivastava et al. 2014, "Dropout"
 */
export class SeededDropout
  extends BookLayer<Required<Omit<SeededDropoutArgs, keyof LayerOptions>>>
  implements CountsOperations
{
  static className = "SeededDropout";
  private seeds!: SeedGenerator;

  constructor(options: SeededDropoutArgs) {
    const { rate, seed = 0 } = options;
    super(options, { rate, seed });
    expectShare("SeededDropout.rate", rate);
  }

  override build(inputShape: tf.Shape | tf.Shape[]): void {
    const initializer = seedInitializer(this.args.seed);
    this.seeds = new SeedGenerator(
      this.addWeight("seedState", [2], "int32", initializer, undefined, false),
    );
    super.build(inputShape);
  }

  override call(inputs: tf.Tensor | tf.Tensor[], options: CallOptions = {}): tf.Tensor {
    const x = onlyTensor(inputs);
    if (options.training !== true || this.args.rate === 0) return x;
    return tf.tidy(() => statelessDropout(x, this.args.rate, this.seeds.next()));
  }

  override computeOutputShape(inputShape: tf.Shape | tf.Shape[]): tf.Shape {
    return onlyShape(inputShape);
  }

  countOperations(inputShape: tf.Shape | tf.Shape[]): number {
    return valuesOf(onlyShape(inputShape));
  }
}

tf.serialization.registerClass(SeededDropout);
