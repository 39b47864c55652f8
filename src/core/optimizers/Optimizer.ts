import * as tf from "@tensorflow/tfjs";
import { ConfigError } from "../errors";
import { explainMissingOp } from "../missingOp";
import { withCompositeOps } from "../ops/registry";
import { rejectUnknownOptions } from "../unknownOptions";
import { checkGroups, settingsOf } from "./parameterGroups";
import type { ParameterGroup, WeightSettings } from "./parameterGroups";
import { swapValues, updateAverages } from "./weightAverages";

/** Options that every optimizer has; Keras names where Keras has them. */
export interface OptimizerOptions {
  /** The learning rate of {@link Optimizer.apply} if it is called without one. */
  readonly learningRate: number;
  /** Scales all gradients so that their global norm is at most this; no clipping if absent. */
  readonly clipNorm?: number;
  /**
   * Decoupled weight decay (AdamW): each step subtracts `learningRate · weightDecay` times the weight.
   * Kernels only; biases, scales and offsets (rank 1) are left alone. Default 0.
   */
  readonly weightDecay?: number;
  /**
   * Groups of weights with a separate learning rate or weight decay; a weight belongs to the first
   * group that matches.
   */
  readonly groups?: readonly ParameterGroup[];
  /**
   * Averages the gradients of this many calls and updates the weights once: equivalent to a batch that
   * many times as large, in the memory of one. Default 1.
   */
  readonly gradientAccumulationSteps?: number;
  /**
   * Keeps an exponential moving average of the weights, which often predicts better than the last
   * weights; see {@link Optimizer.swapAverages}. Default false.
   */
  readonly useEma?: boolean;
  /** Fraction of the average that a step keeps, in [0, 1); default 0.99. */
  readonly emaMomentum?: number;
  /** Raises `emaMomentum` from 0.1 to its value over the first steps; default false. */
  readonly useEmaWarmup?: boolean;
}

const COMMON_OPTIONS: readonly (keyof OptimizerOptions)[] = [
  "learningRate",
  "clipNorm",
  "weightDecay",
  "groups",
  "gradientAccumulationSteps",
  "useEma",
  "emaMomentum",
  "useEmaWarmup",
];

/** A tensor of the optimizer's state, for checkpoints. */
export interface OptimizerSlot {
  /** The same in every run: the weight's position and the slot's role, e.g. `"3/momentum"`. */
  readonly name: string;
  readonly variable: tf.Variable;
}

/** A tensor and its name; tfjs does not export the type. */
type NamedTensor = Awaited<ReturnType<tf.Optimizer["getWeights"]>>[number];

/** A weight with its gradient. */
interface Move {
  readonly index: number;
  readonly weight: tf.Variable;
  readonly gradient: tf.Tensor;
}

/**
 * Updates weights from their gradients. Unlike tfjs' own optimizers it takes the learning rate as a
 * tensor, so that a schedule does not become a constant in a recorded step, and lists its complete
 * state. `model.compile` accepts it too.
 *
 * ```ts
 * const optimizer = createOptimizer({ name: "adam", learningRate: 1e-3, clipNorm: 1 });
 * optimizer.build(weights);
 * const { grads, value } = tf.variableGrads(loss, weights);
 * optimizer.apply(grads, learningRate);
 * ```
 *
 * The base class of layerbook's optimizers and of custom ones: `createSlots` creates the state and
 * `update` updates one weight.
 */
export abstract class Optimizer extends tf.Optimizer {
  private weights: tf.Variable[] | null = null;
  private settings: WeightSettings[] = [];
  private readonly slotList: OptimizerSlot[] = [];
  private accumulators: tf.Variable[] = [];
  private averages: tf.Variable[] = [];
  private callCount: tf.Variable | null = null;
  private stepCount: tf.Variable | null = null;

  /**
   * @param options as the caller gave them
   * @param own names of this optimizer's options in addition to the common ones
   * @throws ConfigError for an unknown or out-of-range option
   */
  constructor(
    protected readonly options: OptimizerOptions,
    own: readonly string[] = [],
  ) {
    super();
    expectOptions(new.target.name, options);
    // The configuration of createOptimizer includes a name.
    rejectUnknownOptions(new.target.name, options, [...COMMON_OPTIONS, ...own, "name"]);
    const { learningRate, clipNorm = 1, weightDecay = 0, groups = [] } = options;
    const { gradientAccumulationSteps: calls = 1, emaMomentum = 0.99, useEma = false } = options;
    const isRate = learningRate > 0 && Number.isFinite(learningRate);
    check("learningRate", isRate, learningRate, "a number > 0, such as 0.001");
    check("clipNorm", clipNorm > 0, clipNorm, "> 0");
    check("weightDecay", weightDecay >= 0 && weightDecay < 1, weightDecay, "in [0, 1)");
    check("gradientAccumulationSteps", Number.isInteger(calls) && calls >= 1, calls, "1, 2, 3, …");
    check("emaMomentum", emaMomentum >= 0 && emaMomentum < 1, emaMomentum, "in [0, 1)");
    for (const name of ["emaMomentum", "useEmaWarmup"] as const) {
      check(name, useEma || options[name] === undefined, options[name], "useEma: true as well");
    }
    checkGroups(groups);
  }

  /**
   * Creates the state for these weights. If `build` has not been called, the first `apply` creates the
   * state for the weights named in its gradients.
   *
   * @param weights trainable variables, in an order that is the same in every run
   * @throws ConfigError for different weights than in the first call, or a parameter group that
   * matches no weight
   */
  build(weights: readonly tf.Variable[]): void {
    if (this.weights !== null) {
      const same =
        weights.length === this.weights.length && weights.every((w, i) => w === this.weights?.[i]);
      check("build", same, "other ones", "the weights of the first call");
      return;
    }
    const { groups = [], weightDecay = 0, gradientAccumulationSteps = 1, useEma } = this.options;
    this.settings = settingsOf(weights, groups, weightDecay);
    this.weights = [...weights];
    this.createSlots(this.weights);
    const slotsLike = (role: string, initial: (weight: tf.Variable) => tf.Tensor): tf.Variable[] =>
      weights.map((weight, index) => this.addSlot(`${index}/${role}`, initial(weight)));
    if (gradientAccumulationSteps > 1) {
      this.accumulators = slotsLike("accumulated", (weight) => tf.zeros(weight.shape));
      this.callCount = this.addSlot("accumulatedCalls", tf.scalar(0));
    }
    if (useEma === true) {
      this.averages = slotsLike("average", (weight) => weight.clone());
      this.stepCount = this.addSlot("averagedSteps", tf.scalar(0));
    }
  }

  /** The complete state, in a fixed order. */
  get slots(): readonly OptimizerSlot[] {
    return this.slotList;
  }

  /**
   * One step, or with `gradientAccumulationSteps` one part of a step.
   *
   * @param gradients by variable name, as `tf.variableGrads(…).grads`; not disposed here
   * @param learningRate scalar; default the option
   * @throws ConfigError for a gradient of a weight that has no state
   */
  apply(gradients: tf.NamedTensorMap, learningRate?: tf.Tensor): void {
    if (this.weights === null) {
      const registered = tf.engine().registeredVariables;
      this.build(Object.keys(gradients).map((name) => registered[name]));
    }
    const weights = this.weights ?? [];
    this.rejectUnknownWeights(gradients, weights);
    tf.tidy(() => {
      const rate = learningRate ?? tf.scalar(this.options.learningRate);
      const moves = weights.flatMap((weight, index): Move[] => {
        const gradient = gradients[weight.name] as tf.Tensor | null | undefined;
        return gradient === undefined || gradient === null ? [] : [{ index, weight, gradient }];
      });
      if (this.callCount === null) this.step(moves, rate);
      else this.accumulate(moves, rate, this.callCount);
    });
  }

  /**
   * Loss and gradients, in the form that `minimize` and `model.fit` expect.
   *
   * @throws BackendError for an op of the backward pass that the backend lacks
   */
  override computeGradients(
    ...args: Parameters<tf.Optimizer["computeGradients"]>
  ): ReturnType<tf.Optimizer["computeGradients"]> {
    try {
      return super.computeGradients(...args);
    } catch (error) {
      throw explainMissingOp(`${this.constructor.name}, backward pass`, error);
    }
  }

  /** {@link apply} by tfjs' name, so that `model.compile` and `minimize` work. */
  override applyGradients(gradients: tf.NamedTensorMap | NamedTensor[]): void {
    const named = Array.isArray(gradients)
      ? Object.fromEntries(gradients.map(({ name, tensor }) => [name, tensor]))
      : gradients;
    this.apply(named);
    this.incrementIterations();
  }

  /**
   * Exchanges the weights and their averages, for an evaluation or a save; a second call puts both
   * back. Do not use it inside a compiled function, whose steps would continue from the averages.
   *
   * @throws ConfigError without `useEma`, or before the first step
   * @example
   * const weight = tf.variable(tf.scalar(1));
   * const optimizer = createOptimizer({ name: "sgd", learningRate: 1, useEma: true, emaMomentum: 0.5 });
   * optimizer.build([weight]);
   * for (const slope of [1, 2]) optimizer.apply({ [weight.name]: tf.scalar(slope) });
   * optimizer.swapAverages();
   * weight.arraySync(); // -1
   * optimizer.swapAverages();
   * weight.arraySync(); // -2
   */
  swapAverages(): void {
    check("swapAverages", this.averages.length > 0, "none", "averages (useEma: true, after build)");
    swapValues(this.averages, this.weights ?? []);
  }

  /** Frees the state. */
  override dispose(): void {
    for (const { variable } of this.slotList) variable.dispose();
    this.slotList.length = 0;
    this.weights = null;
    this.settings = [];
    [this.accumulators, this.averages] = [[], []];
    [this.callCount, this.stepCount] = [null, null];
  }

  /** The state as tensors by name, for `model.save` with its optimizer. */
  override getWeights(): Promise<NamedTensor[]> {
    return Promise.resolve(this.slotList.map(({ name, variable }) => ({ name, tensor: variable })));
  }

  /** @throws ConfigError if the state belongs to another optimizer or other weights, or before `build` */
  override setWeights(values: NamedTensor[]): Promise<void> {
    if (this.weights === null && values.length > 0) {
      throw new ConfigError({
        where: "optimizer.setWeights",
        expected: "an optimizer that has been built",
        got: "a new one",
        remedy: "Call optimizer.build(weights) first, with the weights in their original order.",
      });
    }
    const byName = new Map(values.map(({ name, tensor }) => [name, tensor]));
    for (const { name } of this.slotList)
      check("setWeights", byName.has(name), "none", `"${name}"`);
    check("setWeights", values.length === this.slotList.length, values.length, "no other slots");
    for (const { name, variable } of this.slotList) variable.assign(byName.get(name) as tf.Tensor);
    return Promise.resolve();
  }

  override getConfig(): ReturnType<tf.Optimizer["getConfig"]> {
    return { ...this.options } as unknown as ReturnType<tf.Optimizer["getConfig"]>;
  }

  protected abstract createSlots(weights: readonly tf.Variable[]): void;

  /**
   * Updates one weight; runs in `tf.tidy`.
   *
   * @param index the weight's index among those of `createSlots`
   * @param gradient after clipping, if enabled
   */
  protected abstract update(
    weight: tf.Variable,
    index: number,
    gradient: tf.Tensor,
    learningRate: tf.Tensor,
  ): void;

  /** Runs once per step, before the first weight is updated. */
  protected beforeStep(): void {}

  /** Runs once per step, after the last weight is updated. */
  protected afterStep(): void {}

  protected addSlot(name: string, initial: tf.Tensor): tf.Variable {
    const variable = tf.variable(initial, false);
    initial.dispose();
    this.slotList.push({ name, variable });
    return variable;
  }

  private step(moves: readonly Move[], rate: tf.Tensor): void {
    const clipped = this.clip(moves.map(({ gradient }) => gradient));
    this.beforeStep();
    moves.forEach(({ index, weight }, position) => {
      const { learningRateFactor, weightDecay } = this.settings[index];
      const own = learningRateFactor === 1 ? rate : tf.mul(rate, learningRateFactor);
      if (weightDecay > 0) {
        weight.assign(tf.mul(weight, tf.sub(1, tf.mul(own, weightDecay))));
      }
      this.update(weight, index, clipped[position], own);
    });
    this.afterStep();
    if (this.stepCount === null) return;
    const { emaMomentum = 0.99, useEmaWarmup = false } = this.options;
    updateAverages(this.averages, this.weights ?? [], this.stepCount, emaMomentum, useEmaWarmup);
    this.stepCount.assign(tf.add(this.stepCount, 1));
  }

  /**
   * Accumulates gradients; the last call of a round updates the weights with their mean. The other
   * calls compute the same update and discard it, since a recorded step has no branches.
   */
  private accumulate(moves: readonly Move[], rate: tf.Tensor, callCount: tf.Variable): void {
    const { gradientAccumulationSteps: calls = 1 } = this.options;
    const isDue = tf.equal(callCount, calls - 1);
    const sums = moves.map(({ index, weight, gradient }) => {
      const sum = tf.add(this.accumulators[index], gradient);
      this.accumulators[index].assign(tf.where(isDue, tf.zerosLike(sum), sum));
      return { index, weight, gradient: tf.div(sum, calls) };
    });
    callCount.assign(tf.where(isDue, tf.scalar(0), tf.add(callCount, 1)));
    const own = new Set([...this.accumulators, callCount]);
    const state = [
      ...moves.map(({ weight }) => weight),
      ...this.slotList.map(({ variable }) => variable).filter((variable) => !own.has(variable)),
    ];
    const before = state.map((variable) => variable.clone());
    // Ops that change a variable in place could not be undone.
    withCompositeOps(() => this.step(sums, rate));
    state.forEach((variable, index) => {
      variable.assign(tf.where(isDue, variable, before[index]));
    });
  }

  /** Rejects weights without state: one that was unfrozen later would never be updated. */
  private rejectUnknownWeights(
    gradients: tf.NamedTensorMap,
    weights: readonly tf.Variable[],
  ): void {
    const known = new Set(weights.map(({ name }) => name));
    const stranger = Object.entries(gradients as Record<string, tf.Tensor | null>).find(
      ([name, gradient]) => gradient !== null && !known.has(name),
    );
    if (stranger === undefined) return;
    throw new ConfigError({
      where: "optimizer.apply",
      expected: `gradients of the ${weights.length} weights that the state was made for`,
      got: `one of "${stranger[0]}" as well`,
      remedy:
        "Build the optimizer with all weights before any is frozen, or make a new one after unfreezing.",
    });
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

/** A number alone is what tfjs' optimizers take. */
function expectOptions(className: string, options: unknown): void {
  if (typeof options === "object" && options !== null) return;
  throw new ConfigError({
    where: className,
    expected: "an object of options",
    got: String(options),
    remedy: `Write new ${className}({ learningRate: 0.001 }).`,
  });
}

function check(name: string, holds: boolean, got: unknown, expected: string): void {
  if (!holds) throw new ConfigError({ where: `optimizer.${name}`, expected, got: String(got) });
}
