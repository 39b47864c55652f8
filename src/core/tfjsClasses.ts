import * as tf from "@tensorflow/tfjs";

/**
 * A tfjs layer class by its registered name: tfjs does not export the recurrent cells, wrappers and
 * merge layers.
 */
export function tfjsClass(name: string): { readonly prototype: object } {
  const { classNameMap } = tf.serialization.SerializationMap.getMap();
  return classNameMap[name]?.[0];
}
