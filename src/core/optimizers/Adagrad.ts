import * as tf from "@tensorflow/tfjs";
import { Optimizer } from "./Optimizer";
import type { OptimizerOptions } from "./Optimizer";

export interface AdagradOptions extends OptimizerOptions {
  /** Initial value of the sums of squares; default 0.1. */
  readonly initialAccumulatorValue?: number;
  /** Keeps the division finite; default 1e-7. */
  readonly epsilon?: number;
}

/**
 * Adagrad: `a += g²`, `weight −= lr · g / √(a + ε)`, as in Keras (PyTorch adds ε after the root and
 * starts at 0).
 *
 * @see Duchi, Hazan and Singer 2011, "Adaptive Subgradient Methods"
 */
export class Adagrad extends Optimizer {
  static className = "LayerbookAdagrad";
  private readonly initial: number;
  private readonly epsilon: number;
  private readonly sums: tf.Variable[] = [];

  constructor(options: AdagradOptions) {
    super(options, ["initialAccumulatorValue", "epsilon"]);
    const { initialAccumulatorValue = 0.1, epsilon = 1e-7 } = options;
    this.initial = initialAccumulatorValue;
    this.epsilon = epsilon;
  }

  protected override createSlots(weights: readonly tf.Variable[]): void {
    weights.forEach(({ shape }, index) => {
      this.sums.push(this.addSlot(`${index}/sum`, tf.fill(shape, this.initial)));
    });
  }

  protected override update(
    weight: tf.Variable,
    index: number,
    gradient: tf.Tensor,
    learningRate: tf.Tensor,
  ): void {
    const sum = this.sums[index];
    sum.assign(tf.add(sum, tf.square(gradient)));
    const move = tf.div(tf.mul(gradient, learningRate), tf.sqrt(tf.add(sum, this.epsilon)));
    weight.assign(tf.sub(weight, move));
  }

  override dispose(): void {
    super.dispose();
    this.sums.length = 0;
  }
}

tf.serialization.registerClass(Adagrad);
