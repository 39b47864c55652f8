import type * as tf from "@tensorflow/tfjs";
import { withoutCount } from "./automaticNames";
import { createRandom } from "./random";
import { recurrentLayers } from "./recurrentLayers";
import { SeedGenerator } from "./seedGenerator";

const generators = new WeakMap<tf.layers.Layer, SeedGenerator>();

/**
 * The seeds for the dropout of a tfjs recurrent layer in a recorded function.
 *
 * tfjs' layers have no weight for the seed, and with an extra weight, existing weight files would no
 * longer load, so the state is held beside the layer. The initial seed comes from the layer's name.
 */
export function recurrentSeeds(layer: tf.layers.Layer): SeedGenerator {
  let seeds = generators.get(layer);
  if (seeds === undefined) {
    seeds = new SeedGenerator(createRandom(0).fork(withoutCount(layer.name)).seed >>> 1);
    generators.set(layer, seeds);
  }
  return seeds;
}

/** The states of {@link recurrentSeeds} of a model, in the order of its layers, for a checkpoint. */
export function recurrentSeedVariables(model: tf.LayersModel): tf.Variable[] {
  const dropping = recurrentLayers(model).filter(
    ({ cell }) => (cell.dropout ?? 0) > 0 || (cell.recurrentDropout ?? 0) > 0,
  );
  return dropping.map((layer) => recurrentSeeds(layer).state as unknown as tf.Variable);
}
