import * as tf from "@tensorflow/tfjs";
import { ConfigError, ShapeError } from "../core/errors";
import { formatShape } from "../core/shapes";
import { BookLayer, onlyShape, onlyTensor } from "./support/BookLayer";
import type { LayerOptions } from "./support/BookLayer";
import { valuesOf } from "./support/operations";
import type { CountsOperations } from "./support/operations";

export interface SinePositionEncodingArgs extends LayerOptions {
  /** Wavelength of the slowest channel, in tokens · 2π; default 10000. */
  readonly maxWavelength?: number;
}

/**
 * Adds sines and cosines of each token's position, for sequences of any length; no weights.
 * (KerasHub's layer of this name returns only the encoding.)
 *
 * Input and output `[batch, tokens, channels]`. Channel `2i` gets `sin(p / w^(2i / channels))`, channel
 * `2i + 1` the cosine.
 *
 * @throws ShapeError for another rank; ConfigError for a wavelength that is not positive
 * @example
 * const layer = new SinePositionEncoding();
 * (layer.apply(tf.zeros([1, 1, 4])) as tf.Tensor).arraySync(); // [[[0, 1, 0, 1]]]
 * @see Vaswani et al. 2017, arXiv:1706.03762, section 3.5
 */
export class SinePositionEncoding
  extends BookLayer<Required<Omit<SinePositionEncodingArgs, keyof LayerOptions>>>
  implements CountsOperations
{
  static className = "SinePositionEncoding";
  override supportsMasking = true;

  constructor(options: SinePositionEncodingArgs = {}) {
    const { maxWavelength = 10000 } = options;
    super(options, { maxWavelength });
    if (maxWavelength > 0) return;
    throw new ConfigError({
      where: "SinePositionEncoding.maxWavelength",
      expected: "a number above 0",
      got: String(maxWavelength),
    });
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    return tf.tidy(() => {
      const x = onlyTensor(inputs);
      const [, tokens, channels] = this.checked(x.shape) as number[];
      const values = new Float32Array(tokens * channels);
      for (let token = 0; token < tokens; token++) {
        for (let channel = 0; channel < channels; channel++) {
          const pair = 2 * Math.floor(channel / 2);
          const angle = token / this.args.maxWavelength ** (pair / channels);
          const value = channel % 2 === 0 ? Math.sin(angle) : Math.cos(angle);
          values[token * channels + channel] = value;
        }
      }
      return tf.add(x, tf.tensor2d(values, [tokens, channels]));
    });
  }

  override computeOutputShape(inputShape: tf.Shape | tf.Shape[]): tf.Shape {
    return this.checked(onlyShape(inputShape));
  }

  countOperations(inputShape: tf.Shape | tf.Shape[]): number {
    return valuesOf(onlyShape(inputShape));
  }

  private checked(shape: tf.Shape): tf.Shape {
    if (shape.length === 3) return shape;
    throw new ShapeError({
      where: `SinePositionEncoding "${this.name}"`,
      expected: "[batch, tokens, channels]",
      got: formatShape(shape),
    });
  }
}

tf.serialization.registerClass(SinePositionEncoding);
