import * as tf from "@tensorflow/tfjs";

/** What every layer takes beside its own arguments; Keras names. */
export interface LayerOptions {
  /** Unique in a model; made from the class where absent. */
  readonly name?: string;
  /** Whether training changes its weights; default true. */
  readonly trainable?: boolean;
  /** Without the batch axis; only for a model's first layer. */
  readonly inputShape?: readonly (number | null)[];
  readonly batchInputShape?: readonly (number | null)[];
}

/** Per-call options that tfjs hands from `model.apply` to every layer. */
export interface CallOptions {
  /** True in a training step: batch statistics, dropout, fresh rotations. */
  readonly training?: boolean;
}

type TfjsLayerArgs = ConstructorParameters<typeof tf.layers.Layer>[0];
type TfjsConfig = ReturnType<tf.layers.Layer["getConfig"]>;

/**
 * A layer that keeps the arguments it was made with: `getConfig()` gives them back as they came,
 * with defaults filled in, so that a revived layer is the same layer. `build` must not change them.
 */
export abstract class BookLayer<A extends object> extends tf.layers.Layer {
  /** The constructor's own arguments, defaults filled in. */
  readonly args: Readonly<A>;

  constructor(options: LayerOptions, args: A) {
    super(options as TfjsLayerArgs);
    this.args = Object.freeze({ ...args });
  }

  override getConfig(): TfjsConfig {
    return { ...super.getConfig(), ...this.args };
  }
}

/** The one tensor of a layer with one input. */
export function onlyTensor(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
  return Array.isArray(inputs) ? inputs[0] : inputs;
}

/** The one shape of a layer with one input. */
export function onlyShape(shape: tf.Shape | tf.Shape[]): tf.Shape {
  return Array.isArray(shape[0]) ? shape[0] : (shape as tf.Shape);
}
