import * as tf from "@tensorflow/tfjs";
import { relu } from "../../core/ops/relu";
import { BlockLayer } from "./BlockLayer";
import { onlyShape, onlyTensor } from "./BookLayer";
import type { CallOptions } from "./BookLayer";
import type { ConvUnit, NormalizationArgs } from "./ConvUnit";
import { valuesOf } from "./operations";
import type { CountsOperations } from "./operations";

interface ResidualArgs extends Required<NormalizationArgs> {
  readonly filters: number;
  readonly strides: number;
  readonly seed: number;
}

/** `relu(F(x) + shortcut(x))`, where `F` is a chain of convolutions with ReLU between them. */
export abstract class ResidualLayer<A extends ResidualArgs>
  extends BlockLayer<A>
  implements CountsOperations
{
  private readonly stages: ConvUnit[] = [];
  private projection: ConvUnit | null = null;

  protected addStage(unit: ConvUnit): void {
    this.stages.push(unit);
  }

  override build(inputShape: tf.Shape | tf.Shape[]): void {
    const { filters, strides } = this.args;
    let shape = onlyShape(inputShape);
    if (strides !== 1 || shape[shape.length - 1] !== filters) {
      const projection = { filters, kernelSize: 1, strides, padding: "valid" } as const;
      this.projection = this.addConv("Shortcut", projection);
      this.buildUnit(this.projection, shape);
    }
    for (const stage of this.stages) shape = this.buildUnit(stage, shape);
    super.build(inputShape);
  }

  override call(inputs: tf.Tensor | tf.Tensor[], options: CallOptions = {}): tf.Tensor {
    return tf.tidy(() => {
      const x = onlyTensor(inputs);
      const residual = this.stages.reduce(
        (value, stage, index) => stage.apply(index === 0 ? value : relu(value), options),
        x,
      );
      const shortcut = this.projection === null ? x : this.projection.apply(x, options);
      return relu(tf.add(residual, shortcut));
    });
  }

  override computeOutputShape(inputShape: tf.Shape | tf.Shape[]): tf.Shape {
    return this.stages.reduce((shape, stage) => stage.outputShape(shape), onlyShape(inputShape));
  }

  countOperations(inputShape: tf.Shape | tf.Shape[]): number {
    let shape = onlyShape(inputShape);
    let total = this.projection?.countOperations(shape) ?? 0;
    for (const stage of this.stages) {
      total += stage.countOperations(shape);
      shape = stage.outputShape(shape);
      total += valuesOf(shape); // the ReLU behind it
    }
    return total + valuesOf(shape); // the sum
  }
}
