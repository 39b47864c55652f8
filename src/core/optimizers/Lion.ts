import * as tf from "@tensorflow/tfjs";
import { Optimizer } from "./Optimizer";
import type { OptimizerOptions } from "./Optimizer";

export interface LionOptions extends OptimizerOptions {
  /** Weight of the momentum in the direction of a step; default 0.9. */
  readonly beta1?: number;
  /** Decay of the momentum; default 0.99. */
  readonly beta2?: number;
}

/**
 * Lion: every weight moves by the learning rate, in the direction of the sign of `beta1·m + (1 −
 * beta1)·g`. Use about a tenth of Adam's learning rate and ten times its weight decay.
 *
 * @see Chen et al. 2023, arXiv:2302.06675, algorithm 2
 */
export class Lion extends Optimizer {
  static className = "LayerbookLion";
  private readonly beta1: number;
  private readonly beta2: number;
  private readonly momenta: tf.Variable[] = [];

  constructor(options: LionOptions) {
    super(options, ["beta1", "beta2"]);
    const { beta1 = 0.9, beta2 = 0.99 } = options;
    this.beta1 = beta1;
    this.beta2 = beta2;
  }

  protected override createSlots(weights: readonly tf.Variable[]): void {
    weights.forEach(({ shape }, index) => {
      this.momenta.push(this.addSlot(`${index}/momentum`, tf.zeros(shape)));
    });
  }

  protected override update(
    weight: tf.Variable,
    index: number,
    gradient: tf.Tensor,
    learningRate: tf.Tensor,
  ): void {
    const { beta1, beta2 } = this;
    const momentum = this.momenta[index];
    const direction = tf.sign(tf.add(tf.mul(momentum, beta1), tf.mul(gradient, 1 - beta1)));
    weight.assign(tf.sub(weight, tf.mul(direction, learningRate)));
    momentum.assign(tf.add(tf.mul(momentum, beta2), tf.mul(gradient, 1 - beta2)));
  }

  override dispose(): void {
    super.dispose();
    this.momenta.length = 0;
  }
}

tf.serialization.registerClass(Lion);
