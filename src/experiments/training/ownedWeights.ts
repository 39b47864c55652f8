import type * as tf from "@tensorflow/tfjs";

/** A model's weights by `layer/weight`, which is the same in every process, unlike the names of tfjs. */
export function ownedWeights(model: tf.LayersModel): ReadonlyMap<string, tf.LayerVariable> {
  return new Map(
    model.layers.flatMap((layer) =>
      layer.weights.map((weight): [string, tf.LayerVariable] => {
        const own = weight.originalName;
        return [own.startsWith(`${layer.name}/`) ? own : `${layer.name}/${own}`, weight];
      }),
    ),
  );
}
