import * as tf from "@tensorflow/tfjs";
import { ConfigError } from "../../core/errors";
import { tellLayer } from "../../core/layerErrors";
import { refuseOtherTfjs } from "../../core/oneTfjs";
import { withoutCount } from "../../core/automaticNames";
import { refuseUnknownOptions } from "../../core/unknownOptions";

/** The arguments that every layer takes besides its own; Keras names. */
export interface LayerOptions {
  /** Unique in a model; derived from the class name by default. */
  readonly name?: string;
  /** Whether training changes its weights; default true. */
  readonly trainable?: boolean;
  /** Without the batch axis; only for a model's first layer. */
  readonly inputShape?: readonly (number | null)[];
  readonly batchInputShape?: readonly (number | null)[];
}

const LAYER_OPTIONS: readonly string[] = ["name", "trainable", "inputShape", "batchInputShape"];

/** What tfjs writes into a saved layer's configuration and reads back. */
const CONFIG_FIELDS = new Set([
  "batchSize",
  "customObjects",
  "dtype",
  "inputDType",
  "updatable",
  "weights",
]);

/** Per-call options that tfjs passes from `model.apply` to every layer. */
export interface CallOptions {
  /** True in a training step: batch statistics, dropout, fresh rotations. */
  readonly training?: boolean;
}

/** What a layer is applied to. */
type LayerInputs = tf.Tensor | tf.Tensor[] | tf.SymbolicTensor | tf.SymbolicTensor[];

type TfjsLayerArgs = ConstructorParameters<typeof tf.layers.Layer>[0];
type TfjsConfig = ReturnType<tf.layers.Layer["getConfig"]>;

/** What `apply` takes and returns, for layers that override it. */
export type ApplyArguments = [
  inputs: LayerInputs,
  options?: Parameters<tf.layers.Layer["apply"]>[1],
];
export type ApplyResult = ReturnType<tf.layers.Layer["apply"]>;

/**
 * A layer that keeps the arguments it was made with: `getConfig()` returns them as they were given,
 * with defaults filled in, so that a revived layer is the same layer. `build` must not change them.
 *
 * The base class of layerbook's layers, and of your own.
 */
export abstract class BookLayer<A extends object> extends tf.layers.Layer {
  /** The constructor's own arguments, defaults filled in. */
  readonly args: Readonly<A>;
  /**
   * What weights are drawn for besides the seed: the layer's name. An explicit seed and a name that
   * tfjs made leave its number out, so that a cell that runs again draws the same weights; two such
   * layers start alike, as two of Keras' with one seed do.
   */
  protected readonly seedLabel: string;

  /**
   * @param options as the caller gave them
   * @param args the layer's own arguments, defaults filled in
   * @param optional names of arguments that have no default, which `args` may lack
   * @throws ConfigError for an option that is neither
   */
  constructor(options: LayerOptions, args: A, optional: readonly string[] = []) {
    const named = Object.fromEntries(
      Object.entries(options).filter(([name]) => !CONFIG_FIELDS.has(name)),
    );
    const own = new Set([...Object.keys(args), ...optional]);
    refuseUnknownOptions(new.target.name, named, [...own, ...LAYER_OPTIONS]);
    super(options as TfjsLayerArgs);
    this.args = Object.freeze({ ...args });
    const { seed } = options as { readonly seed?: number };
    const isAutomatic = options.name === undefined && seed !== undefined;
    this.seedLabel = isAutomatic ? withoutCount(this.name) : this.name;
  }

  override getConfig(): TfjsConfig {
    return { ...super.getConfig(), ...this.args };
  }

  /** Names of the options that `call` reads besides `training` and `mask`, which tfjs passes to every layer. */
  protected get callOptions(): readonly string[] {
    return [];
  }

  /**
   * @throws ConfigError for a call option that the layer does not have, and for any with symbolic inputs:
   * tfjs would drop it, and the model would compute something else
   */
  override apply(...[inputs, options]: ApplyArguments): ApplyResult {
    const where = `${this.constructor.name} "${this.name}"`;
    refuseOtherTfjs(where, inputs);
    if (isSymbolic(inputs)) this.refuseCallOptions(options ?? {});
    else refuseUnknownOptions(where, options ?? {}, ["training", "mask", ...this.callOptions]);
    try {
      return super.apply(inputs, options);
    } catch (error) {
      throw tellLayer(this, inputs, error);
    }
  }

  private refuseCallOptions(options: object): void {
    const given = Object.entries(options).filter(
      ([, value]) => value !== undefined && value !== null,
    );
    if (given.length === 0) return;
    throw new ConfigError({
      where: `${this.constructor.name} "${this.name}"`,
      expected: "no call options with symbolic inputs",
      got: given.map(([name]) => name).join(", "),
      remedy:
        "tfjs drops call options when it builds a model. Use an argument of the constructor " +
        "(causal), pass a mask as a further input (maskInputs), and training to model.apply.",
    });
  }
}

/** Whether a layer is being wired into a model, rather than run. */
export function isSymbolic(inputs: LayerInputs): inputs is tf.SymbolicTensor | tf.SymbolicTensor[] {
  return (Array.isArray(inputs) ? inputs[0] : inputs) instanceof tf.SymbolicTensor;
}

/** The one tensor of a layer with one input. */
export function onlyTensor(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
  return Array.isArray(inputs) ? inputs[0] : inputs;
}

/** The one shape of a layer with one input. */
export function onlyShape(shape: tf.Shape | tf.Shape[]): tf.Shape {
  return Array.isArray(shape[0]) ? shape[0] : (shape as tf.Shape);
}
