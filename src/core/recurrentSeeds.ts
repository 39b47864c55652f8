import type * as tf from "@tensorflow/tfjs";
import { withoutCount } from "./automaticNames";
import { createRandom } from "./random";
import { SeedGenerator } from "./seedGenerator";

const generators = new WeakMap<tf.layers.Layer, SeedGenerator>();

/**
 * The seeds that a recurrent layer of tfjs' draws its dropout from in a recorded function.
 *
 * tfjs' layers have no weight for it, and one more would not load with the weights of others: the
 * state stands beside the layer. It starts from the layer's name.
 */
export function recurrentSeeds(layer: tf.layers.Layer): SeedGenerator {
  let seeds = generators.get(layer);
  if (seeds === undefined) {
    seeds = new SeedGenerator(createRandom(0).fork(withoutCount(layer.name)).seed >>> 1);
    generators.set(layer, seeds);
  }
  return seeds;
}

/** The layers that a layer or a model holds. */
interface Holder {
  readonly layers?: readonly tf.layers.Layer[];
  /** Of a wrapper such as TimeDistributed. */
  readonly layer?: tf.layers.Layer;
  /** Of Bidirectional. */
  readonly forwardLayer?: tf.layers.Layer;
  readonly backwardLayer?: tf.layers.Layer;
  /** Of a recurrent layer. */
  readonly cell?: { readonly dropout?: number; readonly recurrentDropout?: number };
}

const isDropping = ({ cell }: Holder): boolean =>
  cell !== undefined && ((cell.dropout ?? 0) > 0 || (cell.recurrentDropout ?? 0) > 0);

/** The recurrent layers with dropout in a model, also those in wrappers and in models within it. */
function droppingLayers(holder: tf.layers.Layer): tf.layers.Layer[] {
  const { layers = [], layer, forwardLayer, backwardLayer } = holder as Holder;
  // Bidirectional runs two copies of the layer that it was given.
  const inner = forwardLayer === undefined ? [layer] : [forwardLayer, backwardLayer];
  const own = isDropping(holder as Holder) ? [holder] : [];
  const held = [...layers, ...inner.flatMap((each) => each ?? [])];
  return [...own, ...held.flatMap(droppingLayers)];
}

/** The states of {@link recurrentSeeds} of a model, in the order of its layers, for a checkpoint. */
export function recurrentSeedVariables(model: tf.LayersModel): tf.Variable[] {
  const layers = new Set(droppingLayers(model));
  return [...layers].map((layer) => recurrentSeeds(layer).state as unknown as tf.Variable);
}
