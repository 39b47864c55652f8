import * as tf from "@tensorflow/tfjs";
import { Optimizer } from "./Optimizer";
import type { OptimizerOptions } from "./Optimizer";

export interface RMSpropOptions extends OptimizerOptions {
  /** Decay of the mean of the squared gradients; default 0.9. */
  readonly rho?: number;
  /** Fraction of the previous step that is added to each step; default 0. */
  readonly momentum?: number;
  /** Keeps the division finite; default 1e-7. */
  readonly epsilon?: number;
  /** Uses the variance of the gradients instead of their mean square; default false. */
  readonly centered?: boolean;
}

/**
 * RMSprop: `v = rho·v + (1 − rho)·g²`, `weight −= lr · g / √(v + ε)`, as in Keras (PyTorch adds ε
 * after the root).
 *
 * @see Tieleman and Hinton 2012, Coursera lecture 6.5
 */
export class RMSprop extends Optimizer {
  static className = "LayerbookRMSprop";
  private readonly rho: number;
  private readonly momentum: number;
  private readonly epsilon: number;
  private readonly centered: boolean;
  private readonly state: { square: tf.Variable; mean?: tf.Variable; velocity?: tf.Variable }[] =
    [];

  constructor(options: RMSpropOptions) {
    super(options, ["rho", "momentum", "epsilon", "centered"]);
    const { rho = 0.9, momentum = 0, epsilon = 1e-7, centered = false } = options;
    this.rho = rho;
    this.momentum = momentum;
    this.epsilon = epsilon;
    this.centered = centered;
  }

  protected override createSlots(weights: readonly tf.Variable[]): void {
    weights.forEach(({ shape }, index) => {
      const slot = (role: string): tf.Variable => this.addSlot(`${index}/${role}`, tf.zeros(shape));
      this.state.push({
        square: slot("square"),
        ...(this.centered ? { mean: slot("mean") } : {}),
        ...(this.momentum > 0 ? { velocity: slot("velocity") } : {}),
      });
    });
  }

  protected override update(
    weight: tf.Variable,
    index: number,
    gradient: tf.Tensor,
    learningRate: tf.Tensor,
  ): void {
    const { rho, epsilon, momentum } = this;
    const { square, mean, velocity } = this.state[index];
    const decay = (slot: tf.Variable, value: tf.Tensor): void => {
      slot.assign(tf.add(tf.mul(slot, rho), tf.mul(value, 1 - rho)));
    };
    decay(square, tf.square(gradient));
    if (mean !== undefined) decay(mean, gradient);
    const spread = mean === undefined ? square : tf.sub(square, tf.square(mean));
    const move = tf.div(tf.mul(gradient, learningRate), tf.sqrt(tf.add(spread, epsilon)));
    if (velocity === undefined) {
      weight.assign(tf.sub(weight, move));
      return;
    }
    velocity.assign(tf.add(tf.mul(velocity, momentum), move));
    weight.assign(tf.sub(weight, velocity));
  }

  override dispose(): void {
    super.dispose();
    this.state.length = 0;
  }
}

tf.serialization.registerClass(RMSprop);
