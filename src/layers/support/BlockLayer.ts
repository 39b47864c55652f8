import type * as tf from "@tensorflow/tfjs";
import type { GroupedConv2DArgs } from "../GroupedConv2D";
import type { LayerOptions } from "./BookLayer";
import { CompositeLayer } from "./CompositeLayer";
import { ConvUnit } from "./ConvUnit";
import type { NormalizationArgs, SpatialDims } from "./ConvUnit";
import { deriveSeed } from "./initializers";

/** Arguments of every block. */
export interface BlockArgs extends LayerOptions, NormalizationArgs {
  /** Output channels. */
  readonly filters: number;
  /** Fixes the initial kernels, together with the block's name; default 0. */
  readonly seed?: number;
}

/** Arguments of blocks that support sequences and volumes as well as images. */
export interface SpatialArgs {
  /** Axes of space: 1 for sequences, 2 (default) for images, 3 for volumes. */
  readonly spatialDims?: SpatialDims;
}

/** A block's arguments with defaults filled in, without those common to all layers. */
export type FilledArgs<A extends LayerOptions> = Required<Omit<A, keyof LayerOptions>>;

/** A composite layer of convolutions with normalisation. */
export abstract class BlockLayer<
  A extends Required<NormalizationArgs> & { readonly seed: number },
> extends CompositeLayer<A> {
  /** Adds `conv{suffix}` and `norm{suffix}`, the norm without `gamma` if `scale` is false. */
  protected addConv(
    suffix: string,
    conv: Omit<GroupedConv2DArgs, "name" | "useBias" | "seed">,
    options: { readonly scale?: boolean } = {},
  ): ConvUnit {
    const unit = new ConvUnit(suffix, { ...conv, seed: this.childSeed() }, this.args, {
      ...options,
      spatialDims: this.spatialDims,
    });
    for (const layer of unit.layers) this.addChild(layer);
    return unit;
  }

  /** Axes of space; 2 for blocks that know no others. */
  protected get spatialDims(): SpatialDims {
    return (this.args as SpatialArgs).spatialDims ?? 2;
  }

  /**
   * The seed of the layers inside: two blocks with the same seed and different names have different
   * initial weights.
   */
  protected childSeed(): number {
    return deriveSeed(this.args.seed, this.seedLabel);
  }

  /** Builds both layers of a unit and returns its output shape. */
  protected buildUnit(unit: ConvUnit, inputShape: tf.Shape): tf.Shape {
    let shape = inputShape;
    for (const layer of unit.layers) shape = this.buildChild(layer, shape);
    return shape;
  }
}
