import * as tf from "@tensorflow/tfjs";

/**
 * A class of tfjs' layers by its registered name: tfjs does not export the recurrent cells, wrappers
 * and merges.
 */
export function tfjsClass(name: string): { readonly prototype: object } {
  const { classNameMap } = tf.serialization.SerializationMap.getMap();
  return classNameMap[name]?.[0];
}
