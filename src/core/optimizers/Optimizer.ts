import * as tf from "@tensorflow/tfjs";
import { ConfigError } from "../errors";
import { refuseUnknownOptions } from "../unknownOptions";

/** Options that every optimizer has. */
export interface OptimizerOptions {
  /** The rate that {@link Optimizer.apply} takes when it is given none. */
  readonly learningRate: number;
  /** Scales all gradients so that their common norm is at most this; absent: no clipping. */
  readonly clipNorm?: number;
  /**
   * Decoupled weight decay (AdamW): each step takes `learningRate · weightDecay` of a weight away.
   * Kernels only; biases, scales and offsets (rank 1) are left alone. Default 0.
   */
  readonly weightDecay?: number;
}

const COMMON_OPTIONS: readonly (keyof OptimizerOptions)[] = [
  "learningRate",
  "clipNorm",
  "weightDecay",
];

/** A tensor of the optimizer's state, for checkpoints. */
export interface OptimizerSlot {
  /** Stable from run to run: the weight's position and the slot's role, e.g. `"3/momentum"`. */
  readonly name: string;
  readonly variable: tf.Variable;
}

/**
 * Moves weights against their gradients. Unlike tfjs' own optimizers it takes the learning rate
 * as a tensor, so that a schedule is no constant in a recorded step, and lists its whole state.
 *
 * ```ts
 * const optimizer = createOptimizer({ name: "adam", learningRate: 1e-3, clipNorm: 1 });
 * optimizer.build(weights);
 * const { grads, value } = tf.variableGrads(loss, weights);
 * optimizer.apply(grads, learningRate);
 * ```
 */
export abstract class Optimizer {
  private weights: tf.Variable[] | null = null;
  private readonly slotList: OptimizerSlot[] = [];

  /**
   * @param options as the caller gave them
   * @param own names of the options that this optimizer has besides the common ones
   * @throws ConfigError for an option that is unknown or out of its range
   */
  constructor(
    protected readonly options: OptimizerOptions,
    own: readonly string[] = [],
  ) {
    // A configuration of createOptimizer has a name too.
    refuseUnknownOptions(new.target.name, options, [...COMMON_OPTIONS, ...own, "name"]);
    const { learningRate, clipNorm = 1, weightDecay = 0 } = options;
    check("learningRate", learningRate > 0 && Number.isFinite(learningRate), learningRate, "> 0");
    check("clipNorm", clipNorm > 0, clipNorm, "> 0");
    check("weightDecay", weightDecay >= 0 && weightDecay < 1, weightDecay, "in [0, 1)");
  }

  /**
   * Makes the state for these weights. The first call decides: `apply` makes it from the
   * gradients' names where `build` was not called.
   *
   * @param weights trainable variables, in an order that is the same in every run
   */
  build(weights: readonly tf.Variable[]): void {
    if (this.weights !== null) {
      const same =
        weights.length === this.weights.length && weights.every((w, i) => w === this.weights?.[i]);
      check("build", same, "other ones", "the weights of the first call");
      return;
    }
    this.weights = [...weights];
    this.createSlots(this.weights);
  }

  /** The whole state, in a fixed order. */
  get slots(): readonly OptimizerSlot[] {
    return this.slotList;
  }

  /**
   * One step.
   *
   * @param gradients by variable name, as `tf.variableGrads(…).grads`; not disposed here
   * @param learningRate scalar; default the option
   */
  apply(gradients: tf.NamedTensorMap, learningRate?: tf.Tensor): void {
    if (this.weights === null) {
      const registered = tf.engine().registeredVariables;
      this.build(Object.keys(gradients).map((name) => registered[name]));
    }
    tf.tidy(() => {
      const rate = learningRate ?? tf.scalar(this.options.learningRate);
      const present = (this.weights ?? []).flatMap((weight, index) => {
        const gradient = gradients[weight.name] as tf.Tensor | null | undefined;
        return gradient === undefined || gradient === null ? [] : [{ index, weight, gradient }];
      });
      const clipped = this.clip(present.map(({ gradient }) => gradient));
      const { weightDecay = 0 } = this.options;
      const kept = weightDecay === 0 ? null : tf.sub(1, tf.mul(rate, weightDecay));
      this.beforeStep();
      present.forEach(({ index, weight }, position) => {
        if (kept !== null && weight.rank > 1) weight.assign(tf.mul(weight, kept));
        this.update(weight, index, clipped[position], rate);
      });
      this.afterStep();
    });
  }

  /** Frees the state. */
  dispose(): void {
    for (const { variable } of this.slotList) variable.dispose();
    this.slotList.length = 0;
    this.weights = null;
  }

  protected abstract createSlots(weights: readonly tf.Variable[]): void;

  protected abstract update(
    weight: tf.Variable,
    index: number,
    gradient: tf.Tensor,
    learningRate: tf.Tensor,
  ): void;

  /** What happens once a step, before the first weight. */
  protected beforeStep(): void {}

  /** What happens once a step, after the last weight. */
  protected afterStep(): void {}

  protected addSlot(name: string, initial: tf.Tensor): tf.Variable {
    const variable = tf.variable(initial, false);
    initial.dispose();
    this.slotList.push({ name, variable });
    return variable;
  }

  private clip(gradients: tf.Tensor[]): tf.Tensor[] {
    const { clipNorm } = this.options;
    if (clipNorm === undefined) return gradients;
    const norm = globalNorm(gradients);
    const factor = tf.div(clipNorm, tf.maximum(norm, clipNorm));
    return gradients.map((gradient) => tf.mul(gradient, factor));
  }
}

/** The Euclidean norm of all entries of all tensors together, as a scalar. */
export function globalNorm(tensors: readonly tf.Tensor[]): tf.Scalar {
  return tf.tidy(() => {
    const squares = tensors.map((tensor) => tf.sum(tf.square(tensor)));
    return tf.sqrt(tf.addN(squares)) as tf.Scalar;
  });
}

function check(name: string, holds: boolean, got: unknown, expected: string): void {
  if (!holds) throw new ConfigError({ where: `optimizer.${name}`, expected, got: String(got) });
}
