import * as tf from "@tensorflow/tfjs";
import { Optimizer } from "./Optimizer";
import type { OptimizerOptions } from "./Optimizer";

export interface SGDOptions extends OptimizerOptions {
  /** Fraction of the previous step that is added to each step; default 0. */
  readonly momentum?: number;
  /** Uses Nesterov momentum; default false. */
  readonly useNesterov?: boolean;
}

/** Gradient descent, optionally with momentum: `v = momentum·v + g`, `weight −= lr·v`. */
export class SGD extends Optimizer {
  static className = "LayerbookSGD";
  private readonly momentum: number;
  private readonly useNesterov: boolean;
  private readonly velocities: tf.Variable[] = [];

  constructor(options: SGDOptions) {
    super(options, ["momentum", "useNesterov"]);
    const { momentum = 0, useNesterov = false } = options;
    this.momentum = momentum;
    this.useNesterov = useNesterov;
  }

  protected override createSlots(weights: readonly tf.Variable[]): void {
    if (this.momentum === 0) return;
    weights.forEach((weight, index) => {
      this.velocities.push(this.addSlot(`${index}/velocity`, tf.zeros(weight.shape)));
    });
  }

  protected override update(
    weight: tf.Variable,
    index: number,
    gradient: tf.Tensor,
    learningRate: tf.Tensor,
  ): void {
    let direction = gradient;
    if (this.momentum !== 0) {
      const velocity = this.velocities[index];
      velocity.assign(tf.add(tf.mul(velocity, this.momentum), gradient));
      direction = this.useNesterov ? tf.add(gradient, tf.mul(velocity, this.momentum)) : velocity;
    }
    weight.assign(tf.sub(weight, tf.mul(direction, learningRate)));
  }

  override dispose(): void {
    super.dispose();
    this.velocities.length = 0;
  }
}

tf.serialization.registerClass(SGD);
