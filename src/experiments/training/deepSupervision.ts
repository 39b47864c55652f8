import * as tf from "@tensorflow/tfjs";
import { ConfigError } from "../../core/errors";
import type { SegmentationLoss } from "../../losses";

/** A network with scores at several resolutions, for training. */
export interface SupervisedNetwork {
  /** The scores of the network, followed by those of each coarser level of its decoder. */
  readonly network: tf.LayersModel;
  /** The layers that were added; the network itself is unchanged. */
  readonly heads: readonly tf.layers.Layer[];
}

/**
 * Adds a 1 × 1 convolution to each level of a decoder below full resolution. Its scores are trained on
 * the labels at that resolution.
 *
 * A level is the last layer of its resolution on the path to the scores. The coarsest level, the bridge,
 * gets no convolution.
 *
 * @param logits the network up to its scores, `[b, height, width, classes]`
 * @param seed the seed of the new layers' weights
 * @throws ConfigError for a network without such a level
 * @see Lee et al. 2015, arXiv:1409.5185; nnU-Net, whose weights halve from level to level
 */
export function addDeepSupervision(logits: tf.LayersModel, seed: number): SupervisedNetwork {
  const [output] = logits.outputs;
  const classes = output.shape.at(-1) ?? 0;
  const byResolution = new Map<string, tf.SymbolicTensor>();
  for (const { output: features } of logits.layers) {
    if (Array.isArray(features) || features.rank !== output.rank || output.rank !== 4) continue;
    byResolution.set(features.shape.slice(1, 3).join("x"), features);
  }
  byResolution.delete(output.shape.slice(1, 3).join("x"));
  const levels = [...byResolution.values()].sort((a, b) => (b.shape[1] ?? 0) - (a.shape[1] ?? 0));
  if (levels.length < 2) {
    throw new ConfigError({
      where: `fit.deepSupervision("${logits.name}")`,
      expected:
        "a network of images whose decoder has a level between the bridge and full resolution",
      got: "none",
      remedy: "Leave deep supervision out, or build a deeper network.",
    });
  }
  const heads = levels.slice(0, -1).map((_, index) =>
    tf.layers.conv2d({
      name: `deepSupervision${index + 1}`,
      filters: classes,
      kernelSize: 1,
      kernelInitializer: tf.initializers.glorotUniform({ seed: seed + index }),
    }),
  );
  const outputs = heads.map((head, index) => head.apply(levels[index]) as tf.SymbolicTensor);
  const network = tf.model({
    inputs: logits.inputs,
    outputs: [output, ...outputs],
    name: `${logits.name}Supervised`,
  });
  return { network, heads };
}

/** The loss of scores at several resolutions, with weights proportional to 1, 1/2, 1/4, … that add up to 1. */
export function supervisedLoss(
  loss: SegmentationLoss,
  labels: tf.Tensor,
  scores: readonly tf.Tensor[],
): tf.Scalar {
  const total = scores.reduce((sum, _, level) => sum + 2 ** -level, 0);
  const terms = scores.map((each, level) =>
    tf.mul<tf.Scalar>(loss(labelsAt(labels, each.shape), each), 2 ** -level / total),
  );
  return tf.addN(terms);
}

/** Resizes labels `[b, height, width]` by nearest neighbour. */
function labelsAt(labels: tf.Tensor, [, ...size]: readonly number[]): tf.Tensor {
  return [1, 2].reduce((resized, axis) => {
    const [from, to] = [labels.shape[axis], size[axis - 1]];
    if (from === to) return resized;
    const nearest = Array.from({ length: to }, (_, i) => Math.floor(((i + 0.5) * from) / to));
    return tf.gather(resized, tf.tensor1d(nearest, "int32"), axis);
  }, labels);
}
