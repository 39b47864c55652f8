import * as tf from "@tensorflow/tfjs";
import { BookLayer } from "./BookLayer";

/**
 * A layer made of layers. It names their weights `parent/child/weight`, reports them as its own
 * (so that `model.save`, optimizers and `trainable` see them) and disposes of them.
 */
export abstract class CompositeLayer<A extends object> extends BookLayer<A> {
  private readonly children: tf.layers.Layer[] = [];
  private isFastInit = false;

  /** Adds a layer under a name that is unique in this layer. */
  protected addChild<L extends tf.layers.Layer>(child: L): L {
    if (!this.trainable) child.trainable = false;
    child.setFastWeightInitDuringBuild(this.isFastInit);
    this.children.push(child);
    return child;
  }

  /**
   * Builds a child for an input shape and returns its output shape. A symbolic call, so that the
   * names of the child's weights begin with this layer's.
   */
  protected buildChild(child: tf.layers.Layer, ...shapes: tf.Shape[]): tf.Shape {
    const inputs = shapes.map(
      (shape) => new tf.SymbolicTensor("float32", shape, null as never, [], {}),
    );
    const output = child.apply(inputs.length === 1 ? inputs[0] : inputs);
    return (Array.isArray(output) ? output[0] : output).shape;
  }

  /** The layers it is made of. */
  get sublayers(): readonly tf.layers.Layer[] {
    return this.children;
  }

  override get trainableWeights(): tf.LayerVariable[] {
    if (!this.trainable) return [];
    return [...super.trainableWeights, ...this.children.flatMap((child) => child.trainableWeights)];
  }

  override set trainableWeights(weights: tf.LayerVariable[]) {
    super.trainableWeights = weights;
  }

  override get nonTrainableWeights(): tf.LayerVariable[] {
    const own = super.nonTrainableWeights;
    const inner = this.children.flatMap((child) =>
      this.trainable ? child.nonTrainableWeights : child.weights,
    );
    return [...own, ...inner];
  }

  override set nonTrainableWeights(weights: tf.LayerVariable[]) {
    super.nonTrainableWeights = weights;
  }

  override get trainable(): boolean {
    return super.trainable;
  }

  override set trainable(trainable: boolean) {
    super.trainable = trainable;
    for (const child of this.children) child.trainable = trainable;
  }

  override setFastWeightInitDuringBuild(value: boolean): void {
    super.setFastWeightInitDuringBuild(value);
    this.isFastInit = value;
    for (const child of this.children) child.setFastWeightInitDuringBuild(value);
  }
}
