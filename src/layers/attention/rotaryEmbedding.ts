import * as tf from "@tensorflow/tfjs";
import { ConfigError, ShapeError } from "../../core/errors";
import { formatShape } from "../../core/shapes";
import { rejectUnknownOptions } from "../../core/unknownOptions";

/** Options of {@link rotaryEmbedding}. */
export interface RotaryOptions {
  /** Wavelength of the slowest pair of channels, in tokens · 2π; default 10000. */
  readonly maxWavelength?: number;
  /** The position of the first token; default 0. */
  readonly startIndex?: number;
}

/**
 * Rotary position embedding of queries or keys: rotates each pair of channels `(i, i + dim / 2)` by an
 * angle that grows with the token's position, so that products of queries and keys depend on relative
 * positions.
 *
 * @param x `[…, tokens, dim]` with an even `dim`
 * @returns the shape of `x`
 * @throws ShapeError for an odd `dim`; ConfigError for a wavelength that is not positive
 * @example
 * const x = tf.tensor2d([[1, 0], [1, 0]]);
 * const turned = rotaryEmbedding(x).arraySync() as number[][];
 * turned.map((row) => row.map((value) => value.toFixed(2))); // [["1.00", "0.00"], ["0.54", "0.84"]]
 * @see Su et al. 2021, arXiv:2104.09864; the pairing is GPT-NeoX's and KerasHub's
 */
export function rotaryEmbedding(x: tf.Tensor, options: RotaryOptions = {}): tf.Tensor {
  rejectUnknownOptions("rotaryEmbedding", options, ["maxWavelength", "startIndex"]);
  const { maxWavelength = 10000, startIndex = 0 } = options;
  const [tokens, dim] = x.shape.slice(-2);
  if (x.rank < 2 || dim % 2 !== 0) {
    throw new ShapeError({
      where: "rotaryEmbedding.x",
      expected: "[…, tokens, dim] with an even dim",
      got: formatShape(x.shape),
    });
  }
  if (!(maxWavelength > 0)) {
    throw new ConfigError({
      where: "rotaryEmbedding.maxWavelength",
      expected: "a number above 0",
      got: String(maxWavelength),
    });
  }
  const half = dim / 2;
  const angles = new Float32Array(tokens * half);
  for (let token = 0; token < tokens; token++) {
    for (let pair = 0; pair < half; pair++) {
      angles[token * half + pair] = (token + startIndex) * maxWavelength ** (-pair / half);
    }
  }
  return tf.tidy(() => {
    const turns = tf.tensor2d(angles, [tokens, half]);
    const [cos, sin] = [tf.cos(turns), tf.sin(turns)];
    const [first, second] = tf.split(x, 2, x.rank - 1);
    return tf.concat(
      [
        tf.sub(tf.mul(first, cos), tf.mul(second, sin)),
        tf.add(tf.mul(second, cos), tf.mul(first, sin)),
      ],
      x.rank - 1,
    );
  });
}
