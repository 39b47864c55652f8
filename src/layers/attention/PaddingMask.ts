import * as tf from "@tensorflow/tfjs";
import { ShapeError } from "../../core/errors";
import { formatShape } from "../../core/shapes";
import { BookLayer, onlyShape, onlyTensor } from "../support/BookLayer";
import type { LayerOptions } from "../support/BookLayer";
import type { AttentionCall } from "./attentionMask";

/**
 * The padding mask that tfjs attaches to a tensor of a model, as a separate tensor: 1 for tokens, 0
 * for padding. tfjs passes each layer only the mask of its first input, and sometimes that of another
 * branch; so attention layers add one of these layers for each masked input.
 *
 * Input `[batch, …tokens, channels]`, output `[batch, …tokens]`.
 */
export class PaddingMask extends BookLayer<object> {
  static className = "PaddingMask";

  constructor(options: LayerOptions = {}) {
    super(options, {});
  }

  override call(inputs: tf.Tensor | tf.Tensor[], options: AttentionCall = {}): tf.Tensor {
    const x = onlyTensor(inputs);
    const wanted = x.shape.slice(0, -1);
    const mask = (Array.isArray(options.mask) ? options.mask[0] : options.mask) as tf.Tensor | null;
    // tfjs' own merge layers prepend an axis.
    const isMerged = mask?.rank === x.rank && mask.shape[0] === 1;
    const shape = isMerged ? mask.shape.slice(1) : mask?.shape;
    if (!mask || shape === undefined || formatShape(shape) !== formatShape(wanted)) {
      throw new ShapeError({
        where: `PaddingMask "${this.name}"`,
        expected: `a mask ${formatShape(wanted)}`,
        got: mask ? formatShape(mask.shape) : "none",
        remedy: "Pass the mask as an input of the attention layer: see its maskInputs.",
      });
    }
    return tf.tidy(() => tf.reshape(tf.cast(tf.notEqual(mask, 0), "float32"), wanted));
  }

  override computeOutputShape(inputShape: tf.Shape | tf.Shape[]): tf.Shape {
    return onlyShape(inputShape).slice(0, -1);
  }

  // Otherwise tfjs would request a mask for the mask itself.
  override computeMask(): tf.Tensor {
    return null as unknown as tf.Tensor;
  }
}

tf.serialization.registerClass(PaddingMask);
