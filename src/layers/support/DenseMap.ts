import * as tf from "@tensorflow/tfjs";
import { BookLayer, onlyShape, onlyTensor } from "./BookLayer";
import type { LayerOptions } from "./BookLayer";
import { seededInitializer } from "./initializers";

interface DenseMapArgs extends LayerOptions {
  readonly units: number;
  readonly seed: number;
  readonly useBias?: boolean;
}

/**
 * A dense layer over the last axis for use inside other layers, `[…, channels]` to `[…, units]`: tfjs'
 * own does not support initial values that depend only on a seed and a name.
 */
export class DenseMap extends BookLayer<Required<Omit<DenseMapArgs, keyof LayerOptions>>> {
  static className = "DenseMap";
  private kernel!: tf.LayerVariable;
  private bias: tf.LayerVariable | null = null;

  constructor(options: DenseMapArgs) {
    const { units, seed, useBias = true } = options;
    super(options, { units, seed, useBias });
  }

  override build(inputShape: tf.Shape | tf.Shape[]): void {
    const { units, seed, useBias } = this.args;
    const initializer = seededInitializer("glorotUniform", seed, `${this.name}/kernel`);
    const shape = [onlyShape(inputShape).at(-1) ?? null, units];
    this.kernel = this.addWeight("kernel", shape, "float32", initializer);
    if (useBias) this.bias = this.addWeight("bias", [units], "float32", tf.initializers.zeros());
    super.build(inputShape);
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    return tf.tidy(() => {
      const x = onlyTensor(inputs);
      const rows = tf.reshape<tf.Rank.R2>(x, [-1, x.shape[x.rank - 1]]);
      const product: tf.Tensor = tf.matMul(rows, this.kernel.read());
      const output = this.bias === null ? product : tf.add(product, this.bias.read());
      return tf.reshape(output, [...x.shape.slice(0, -1), this.args.units]);
    });
  }

  override computeOutputShape(inputShape: tf.Shape | tf.Shape[]): tf.Shape {
    return [...onlyShape(inputShape).slice(0, -1), this.args.units];
  }
}
