import * as tf from "@tensorflow/tfjs";
import { PerImageStandardization } from "../layers/PerImageStandardization";
import type { SegmentationArgs } from "./unetFamily";

/** A model's input, and the (optionally standardised) input of its first layer. */
export function imageInput({
  inputShape,
  standardize = false,
}: Pick<SegmentationArgs, "inputShape" | "standardize">): {
  readonly input: tf.SymbolicTensor;
  readonly image: tf.SymbolicTensor;
} {
  const input = tf.input({ shape: [...inputShape], name: "image" });
  if (!standardize) return { input, image: input };
  const layer = new PerImageStandardization({ name: "standardize" });
  return { input, image: layer.apply(input) as tf.SymbolicTensor };
}
