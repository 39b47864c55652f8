import type * as tf from "@tensorflow/tfjs";

/** The members of tfjs' recurrent layers that are read. */
export interface RecurrentLayer extends tf.layers.Layer {
  readonly cell: { readonly dropout?: number; readonly recurrentDropout?: number };
  readonly stateful: boolean;
}

/** The layers that a layer or a model holds. */
interface Holder {
  readonly layers?: readonly tf.layers.Layer[];
  /** Present in a wrapper such as TimeDistributed. */
  readonly layer?: tf.layers.Layer;
  /** Present in Bidirectional. */
  readonly forwardLayer?: tf.layers.Layer;
  readonly backwardLayer?: tf.layers.Layer;
  /** Present in a recurrent layer. */
  readonly cell?: object;
}

/**
 * The recurrent layers of a model, including those in wrappers and nested models, each once and in the
 * model's order.
 */
export function recurrentLayers(model: tf.layers.Layer): RecurrentLayer[] {
  return [...new Set(layersIn(model))];
}

function layersIn(holder: tf.layers.Layer): RecurrentLayer[] {
  const { layers = [], layer, forwardLayer, backwardLayer, cell } = holder as Holder;
  // Bidirectional runs two copies of the layer that it was given.
  const wrapped = forwardLayer === undefined ? [layer] : [forwardLayer, backwardLayer];
  const inner = [...layers, ...wrapped.filter((each) => each !== undefined)];
  const own = cell === undefined ? [] : [holder as RecurrentLayer];
  return [...own, ...inner.flatMap(layersIn)];
}
