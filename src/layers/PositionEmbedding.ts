import * as tf from "@tensorflow/tfjs";
import { ShapeError } from "../core/errors";
import { formatShape } from "../core/shapes";
import { BookLayer, onlyShape, onlyTensor } from "./support/BookLayer";
import type { LayerOptions } from "./support/BookLayer";
import { expectCount } from "./support/checkArgs";
import { seededInitializer } from "./support/initializers";
import { valuesOf } from "./support/operations";
import type { CountsOperations } from "./support/operations";

export interface PositionEmbeddingArgs extends LayerOptions {
  /** The longest sequence. */
  readonly sequenceLength: number;
  /** Fixes the initial embeddings, together with the layer's name; default 0. */
  readonly seed?: number;
}

/**
 * Adds a learned vector to each token, by its position. (KerasHub's layer of this name returns only
 * the vectors.)
 *
 * Input and output `[batch, tokens, channels]` with up to `sequenceLength` tokens. Weight:
 * `embeddings` `[sequenceLength, channels]`.
 *
 * @throws ShapeError for another rank, or for more tokens
 * @example
 * const layer = new PositionEmbedding({ sequenceLength: 8 });
 * (layer.apply(tf.zeros([2, 5, 4])) as tf.Tensor).shape; // [2, 5, 4]
 * @see Vaswani et al. 2017, arXiv:1706.03762, section 3.5; Devlin et al. 2019, arXiv:1810.04805
 */
export class PositionEmbedding
  extends BookLayer<Required<Omit<PositionEmbeddingArgs, keyof LayerOptions>>>
  implements CountsOperations
{
  static className = "PositionEmbedding";
  override supportsMasking = true;
  private embeddings!: tf.LayerVariable;

  constructor(options: PositionEmbeddingArgs) {
    const { sequenceLength, seed = 0 } = options;
    super(options, { sequenceLength, seed });
    expectCount("PositionEmbedding.sequenceLength", sequenceLength);
  }

  override build(inputShape: tf.Shape | tf.Shape[]): void {
    const { sequenceLength, seed } = this.args;
    const channels = this.checked(onlyShape(inputShape))[2];
    const initializer = seededInitializer("glorotUniform", seed, `${this.seedLabel}/embeddings`);
    const shape = [sequenceLength, channels];
    this.embeddings = this.addWeight("embeddings", shape, "float32", initializer);
    this.inputSpec = [new tf.InputSpec({ ndim: 3, axes: { 2: channels ?? -1 } })];
    super.build(inputShape);
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    return tf.tidy(() => {
      const x = onlyTensor(inputs);
      const [, tokens, channels] = this.checked(x.shape) as number[];
      return tf.add(x, tf.slice(this.embeddings.read(), [0, 0], [tokens, channels]));
    });
  }

  override computeOutputShape(inputShape: tf.Shape | tf.Shape[]): tf.Shape {
    return this.checked(onlyShape(inputShape));
  }

  countOperations(inputShape: tf.Shape | tf.Shape[]): number {
    return valuesOf(onlyShape(inputShape));
  }

  private checked(shape: tf.Shape): tf.Shape {
    const { sequenceLength } = this.args;
    if (shape.length === 3 && shape[2] !== null && (shape[1] ?? 0) <= sequenceLength) return shape;
    throw new ShapeError({
      where: `PositionEmbedding "${this.name}"`,
      expected: `[batch, up to ${sequenceLength} tokens, channels]`,
      got: formatShape(shape),
    });
  }
}

tf.serialization.registerClass(PositionEmbedding);
