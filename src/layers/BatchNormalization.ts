import * as tf from "@tensorflow/tfjs";
import { ConfigError, ShapeError } from "../core/errors";
import { batchNormInference, batchNormTraining } from "../core/ops/batchNorm";
import { formatShape } from "../core/shapes";
import { BookLayer, onlyShape, onlyTensor } from "./support/BookLayer";
import type { CallOptions, LayerOptions } from "./support/BookLayer";
import { expectNotNegative } from "./support/checkArgs";
import { valuesOf } from "./support/operations";
import type { CountsOperations } from "./support/operations";

export interface BatchNormalizationArgs extends LayerOptions {
  /** Fraction of the running statistics that a step keeps, in [0, 1]; default 0.99. */
  readonly momentum?: number;
  /** Added to the variance; default 1e-3. */
  readonly epsilon?: number;
  /** Whether there is a learned shift `beta`; default true. */
  readonly center?: boolean;
  /** Whether there is a learned factor `gamma`; default true. */
  readonly scale?: boolean;
}

/**
 * Batch normalisation over the last axis, with TensorFlow's fused op where available. tfjs' own runs
 * hundreds of small ops per step, and throws in training with `scale: false`.
 *
 * Input and output `[batch, …, channels]` of rank 2 to 5. Weights, each `[channels]`: `gamma`, `beta`,
 * and the non-trainable `moving_mean` and `moving_variance` (unbiased), which a call with `{ training:
 * true }` updates.
 *
 * @throws ConfigError for an argument outside its range; ShapeError for an input of another rank
 * @example
 * const layer = new BatchNormalization({ epsilon: 0 });
 * (layer.apply(tf.tensor2d([[1], [3]]), { training: true }) as tf.Tensor).arraySync(); // [[-1], [1]]
 * @see Ioffe and Szegedy 2015, arXiv:1502.03167
 */
export class BatchNormalization
  extends BookLayer<Required<Omit<BatchNormalizationArgs, keyof LayerOptions>>>
  implements CountsOperations
{
  /** tfjs has the short name. */
  static className = "LayerbookBatchNormalization";
  private gamma: tf.LayerVariable | null = null;
  private beta: tf.LayerVariable | null = null;
  private movingMean!: tf.LayerVariable;
  private movingVariance!: tf.LayerVariable;

  constructor(options: BatchNormalizationArgs = {}) {
    const { momentum = 0.99, epsilon = 1e-3, center = true, scale = true } = options;
    super(options, { momentum, epsilon, center, scale });
    if (!(momentum >= 0 && momentum <= 1)) {
      throw new ConfigError({
        where: "BatchNormalization.momentum",
        expected: "a number in [0, 1]",
        got: String(momentum),
      });
    }
    expectNotNegative("BatchNormalization.epsilon", epsilon);
  }

  override build(inputShape: tf.Shape | tf.Shape[]): void {
    const shape = onlyShape(inputShape);
    const channels = shape[shape.length - 1];
    if (shape.length < 2 || shape.length > 5 || channels === null) {
      throw new ShapeError({
        where: `BatchNormalization "${this.name}"`,
        expected: "[batch, …, channels] of rank 2 to 5 with known channels",
        got: formatShape(shape),
      });
    }
    const add = (name: string, value: "zeros" | "ones", trainable: boolean): tf.LayerVariable =>
      this.addWeight(
        name,
        [channels],
        "float32",
        value === "ones" ? tf.initializers.ones() : tf.initializers.zeros(),
        undefined,
        trainable,
        undefined,
      );
    if (this.args.scale) this.gamma = add("gamma", "ones", true);
    if (this.args.center) this.beta = add("beta", "zeros", true);
    this.movingMean = add("moving_mean", "zeros", false);
    this.movingVariance = add("moving_variance", "ones", false);
    this.inputSpec = [
      new tf.InputSpec({ ndim: shape.length, axes: { [shape.length - 1]: channels } }),
    ];
    super.build(inputShape);
  }

  override call(inputs: tf.Tensor | tf.Tensor[], options: CallOptions = {}): tf.Tensor {
    const { epsilon, momentum } = this.args;
    return tf.tidy(() => {
      const input = onlyTensor(inputs);
      const channels = input.shape[input.rank - 1];
      const x = (input.rank === 4 ? input : tf.reshape(input, [-1, 1, 1, channels])) as tf.Tensor4D;
      const parameters = {
        gamma: (this.gamma?.read() ?? tf.ones([channels])) as tf.Tensor1D,
        beta: (this.beta?.read() ?? tf.zeros([channels])) as tf.Tensor1D,
        movingMean: this.movingMean.read() as tf.Tensor1D,
        movingVariance: this.movingVariance.read() as tf.Tensor1D,
      };
      let output: tf.Tensor4D;
      // As in Keras, a frozen layer uses its running statistics.
      if (options.training === true && this.trainable) {
        const result = batchNormTraining(x, parameters, { epsilon, momentum });
        output = result.output;
        this.movingMean.write(result.movingMean);
        this.movingVariance.write(result.movingVariance);
        result.movingMean.dispose();
        result.movingVariance.dispose();
      } else {
        output = batchNormInference(x, parameters, epsilon);
      }
      return input.rank === 4 ? output : tf.reshape(output, input.shape);
    });
  }

  override computeOutputShape(inputShape: tf.Shape | tf.Shape[]): tf.Shape {
    return onlyShape(inputShape);
  }

  countOperations(inputShape: tf.Shape | tf.Shape[]): number {
    return 2 * valuesOf(onlyShape(inputShape));
  }
}

tf.serialization.registerClass(BatchNormalization);
