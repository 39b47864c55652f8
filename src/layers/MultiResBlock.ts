import * as tf from "@tensorflow/tfjs";
import { ConfigError } from "../core/errors";
import { relu } from "../core/ops/relu";
import { BlockLayer } from "./support/BlockLayer";
import type { BlockArgs, FilledArgs } from "./support/BlockLayer";
import { onlyShape, onlyTensor } from "./support/BookLayer";
import type { CallOptions } from "./support/BookLayer";
import { expectCount } from "./support/checkArgs";
import { createNormalization, fillNormalization } from "./support/ConvUnit";
import type { ConvUnit } from "./support/ConvUnit";
import { valuesOf } from "./support/operations";
import type { CountsOperations } from "./support/operations";

export interface MultiResBlockArgs extends BlockArgs {
  /** Channels of the corresponding U-Net level; the block's own are {@link multiResFilters}. */
  readonly filters: number;
  /** Scales the channels; default 1.67, as in the paper. */
  readonly alpha?: number;
}

/** Fractions of a block's channels for the three convolutions. */
const SHARES = [0.167, 0.333, 0.5] as const;

/**
 * Channels of a {@link MultiResBlock}'s three convolutions; the block has their sum.
 *
 * @throws ConfigError if one would have no channels
 * @example
 * multiResFilters(32, 1.67); // [8, 17, 26]
 */
export function multiResFilters(filters: number, alpha: number): number[] {
  const channels = SHARES.map((share) => Math.floor(alpha * filters * share));
  if (channels.every((count) => count >= 1)) return channels;
  throw new ConfigError({
    where: "MultiResBlock.filters",
    expected: "at least one channel for each of the three convolutions",
    got: `[${channels.join(", ")}] for filters ${filters} and alpha ${alpha}`,
    remedy: "Raise filters or alpha.",
  });
}

/**
 * MultiResUNet's block: three 3x3 convolutions in a row, whose concatenated outputs have receptive
 * fields of 3x3, 5x5 and 7x7, with a 1x1 shortcut.
 *
 * Input `[batch, height, width, channels]`, output `[batch, height, width, sum of multiResFilters]`.
 * As in the authors' code, normalisations directly after a convolution have no scale (`gamma`); there
 * is another after the concatenation and one after the sum.
 *
 * @throws ConfigError for an argument outside its range
 * @example
 * const block = new MultiResBlock({ filters: 8 });
 * (block.apply(tf.zeros([1, 5, 7, 3])) as tf.Tensor).shape; // [1, 5, 7, 12]
 * @see Ibtehaz and Rahman 2020, arXiv:1902.04049, figure 3c
 */
export class MultiResBlock
  extends BlockLayer<FilledArgs<MultiResBlockArgs>>
  implements CountsOperations
{
  static className = "MultiResBlock";
  private readonly shortcut: ConvUnit;
  private readonly units: readonly ConvUnit[];
  private readonly joinedNorm: ReturnType<typeof createNormalization>;
  private readonly sumNorm: ReturnType<typeof createNormalization>;

  constructor(options: MultiResBlockArgs) {
    const { filters, alpha = 1.67, seed = 0 } = options;
    const normalization = fillNormalization(options);
    super(options, { filters, alpha, seed, ...normalization });
    expectCount("MultiResBlock.filters", filters);
    const channels = multiResFilters(filters, alpha);
    const total = channels.reduce((sum, count) => sum + count, 0);
    const plain = { scale: false };
    this.shortcut = this.addConv("Shortcut", { filters: total, kernelSize: 1 }, plain);
    this.units = channels.map((count, index) =>
      this.addConv(String(index + 1), { filters: count, kernelSize: 3 }, plain),
    );
    this.joinedNorm = createNormalization("joinedNorm", total, normalization);
    this.sumNorm = createNormalization("sumNorm", total, normalization);
    for (const norm of [this.joinedNorm, this.sumNorm]) if (norm !== null) this.addChild(norm);
  }

  override build(inputShape: tf.Shape | tf.Shape[]): void {
    const shape = onlyShape(inputShape);
    const output = this.buildUnit(this.shortcut, shape);
    this.units.reduce((features, unit) => this.buildUnit(unit, features), shape);
    for (const norm of [this.joinedNorm, this.sumNorm]) {
      if (norm !== null) this.buildChild(norm, output);
    }
    super.build(inputShape);
  }

  override call(inputs: tf.Tensor | tf.Tensor[], options: CallOptions = {}): tf.Tensor {
    return tf.tidy(() => {
      const x = onlyTensor(inputs);
      const parts: tf.Tensor[] = [];
      for (const unit of this.units) parts.push(relu(unit.apply(parts.at(-1) ?? x, options)));
      const joined = normalized(this.joinedNorm, tf.concat(parts, 3), options);
      const sum = tf.add(this.shortcut.apply(x, options), joined);
      return normalized(this.sumNorm, relu(sum), options);
    });
  }

  override computeOutputShape(inputShape: tf.Shape | tf.Shape[]): tf.Shape {
    return this.shortcut.outputShape(onlyShape(inputShape));
  }

  countOperations(inputShape: tf.Shape | tf.Shape[]): number {
    let shape = onlyShape(inputShape);
    const output = this.shortcut.outputShape(shape);
    let total = this.shortcut.countOperations(shape);
    for (const unit of this.units) {
      total += unit.countOperations(shape);
      shape = unit.outputShape(shape);
      total += valuesOf(shape);
    }
    const norms = [this.joinedNorm, this.sumNorm];
    for (const norm of norms) total += norm?.countOperations(output) ?? 0;
    return total + 2 * valuesOf(output); // the sum and its ReLU
  }
}

/** Applies a normalisation, if any. */
export function normalized(
  norm: ReturnType<typeof createNormalization>,
  x: tf.Tensor,
  options: CallOptions,
): tf.Tensor {
  return norm === null ? x : (norm.apply(x, { ...options }) as tf.Tensor);
}

tf.serialization.registerClass(MultiResBlock);
