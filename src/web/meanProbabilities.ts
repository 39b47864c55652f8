import * as tf from "@tensorflow/tfjs";
import { ShapeError } from "../core/errors";
import { formatShape } from "../core/shapes";

/** Logits `[b, h, w, classes]` of images `[b, h, w, 1]`. */
export type LogitsFunction = (images: tf.Tensor4D) => tf.Tensor4D;

/** Test-time augmentation: mirrored copies of a slice that are predicted too. */
export type TestTimeFlips = "none" | "horizontal" | "both";

/** The axes of `[batch, height, width, channels]` along which each copy is mirrored. */
export const FLIPPED_AXES: Readonly<Record<TestTimeFlips, readonly (readonly number[])[]>> = {
  none: [[]],
  horizontal: [[], [2]],
  both: [[], [2], [1], [1, 2]],
};

/**
 * The mean class probabilities of an ensemble's members over mirrored copies, each mirrored back.
 *
 * @param members give logits `[batch, height, width, classes]`
 * @returns a function of images that gives `[batch, height, width, classes]`; it throws a ShapeError
 *   where members differ in grid or classes
 * @example
 * const identity = (images: tf.Tensor4D) => images.clone();
 * const predict = meanProbabilities([identity], "both");
 * predict(tf.tensor4d([0, 0, 0, 0], [1, 1, 2, 2])).arraySync(); // [[[[0.5, 0.5], [0.5, 0.5]]]]
 */
export function meanProbabilities(
  members: readonly LogitsFunction[],
  flips: TestTimeFlips,
): LogitsFunction {
  return (images) =>
    tf.tidy(() => {
      const all = FLIPPED_AXES[flips].flatMap((axes) => {
        const mirrored = axes.length === 0 ? images : tf.reverse(images, [...axes]);
        return members.map((logits) => {
          const probabilities = tf.softmax(logits(mirrored));
          return axes.length === 0 ? probabilities : tf.reverse(probabilities, [...axes]);
        });
      });
      const other = all.find(({ shape }) => !tf.util.arraysEqual(shape, all[0].shape));
      if (other !== undefined) {
        throw new ShapeError({
          where: "meanProbabilities.members",
          expected: `probabilities of ${formatShape(all[0].shape)} from each member, like the first`,
          got: formatShape(other.shape),
          remedy: "Bring all predictions to the same grid and the same classes first",
        });
      }
      return all.length === 1 ? all[0] : tf.div(tf.addN(all), all.length);
    });
}
