import * as tf from "@tensorflow/tfjs";
import { adamUpdate } from "../ops/adamUpdate";
import { Optimizer } from "./Optimizer";
import type { OptimizerOptions } from "./Optimizer";

export interface AdamOptions extends OptimizerOptions {
  /** Decay of the mean of the gradients; default 0.9. */
  readonly beta1?: number;
  /** Decay of the mean of the squared gradients; default 0.999. */
  readonly beta2?: number;
  /** Keeps the division finite; default 1e-7, as in Keras. */
  readonly epsilon?: number;
}

/**
 * Adam, or AdamW if `weightDecay` is set.
 *
 * @see Kingma 2015, arXiv:1412.6980; Loshchilov 2019, arXiv:1711.05101
 */
export class Adam extends Optimizer {
  static className = "LayerbookAdam";
  private readonly beta1: number;
  private readonly beta2: number;
  private readonly epsilon: number;
  private powers: readonly [tf.Variable, tf.Variable] | null = null;
  private readonly moments: { mean: tf.Variable; square: tf.Variable }[] = [];

  constructor(options: AdamOptions) {
    super(options, ["beta1", "beta2", "epsilon"]);
    const { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-7 } = options;
    this.beta1 = beta1;
    this.beta2 = beta2;
    this.epsilon = epsilon;
  }

  protected override createSlots(weights: readonly tf.Variable[]): void {
    // The powers for the next step, so that the first step is not a special case.
    this.powers = [
      this.addSlot("beta1Power", tf.scalar(this.beta1)),
      this.addSlot("beta2Power", tf.scalar(this.beta2)),
    ];
    weights.forEach((weight, index) => {
      this.moments.push({
        mean: this.addSlot(`${index}/mean`, tf.zeros(weight.shape)),
        square: this.addSlot(`${index}/square`, tf.zeros(weight.shape)),
      });
    });
  }

  protected override update(
    weight: tf.Variable,
    index: number,
    gradient: tf.Tensor,
    learningRate: tf.Tensor,
  ): void {
    const [beta1Power, beta2Power] = this.requirePowers();
    const { beta1, beta2, epsilon } = this;
    const step = { gradient, learningRate, beta1Power, beta2Power, beta1, beta2, epsilon };
    adamUpdate({ weight, ...this.moments[index] }, step);
  }

  protected override afterStep(): void {
    const [beta1Power, beta2Power] = this.requirePowers();
    beta1Power.assign(tf.mul(beta1Power, this.beta1));
    beta2Power.assign(tf.mul(beta2Power, this.beta2));
  }

  override dispose(): void {
    super.dispose();
    this.powers = null;
    this.moments.length = 0;
  }

  private requirePowers(): readonly [tf.Variable, tf.Variable] {
    if (this.powers === null) throw new Error("Adam is used before build()");
    return this.powers;
  }
}

tf.serialization.registerClass(Adam);
