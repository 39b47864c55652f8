import * as tf from "@tensorflow/tfjs";
import { ConfigError } from "../core/errors";
import { SeedGenerator, seedInitializer } from "../core/seedGenerator";
import { scaledDotProductAttention } from "./attention/scaledDotProductAttention";
import { cropAndUnroll, joinWindows, padAndRoll, splitWindows } from "./attention/windows";
import { positionPairs, shiftMask, windowPlan } from "./attention/windowPlan";
import { onlyShape, onlyTensor } from "./support/BookLayer";
import type { CallOptions, LayerOptions } from "./support/BookLayer";
import { expectCount, expectDivides, expectPair, expectFraction } from "./support/checkArgs";
import type { Pair } from "./support/checkArgs";
import { CompositeLayer } from "./support/CompositeLayer";
import { DenseMap } from "./support/DenseMap";
import { deriveSeed, seededInitializer } from "./support/initializers";
import { valuesOf } from "./support/operations";
import type { CountsOperations } from "./support/operations";
import { channelsOf } from "./support/shapes";

export interface WindowAttentionArgs extends LayerOptions {
  /** Number of heads; must divide the channels. */
  readonly numHeads: number;
  /** Window size in pixels; default 7. */
  readonly windowSize?: Pair;
  /**
   * Shift of the windows, so that neighbouring windows exchange information; default 0. Swin: half a
   * window in every second block.
   */
  readonly shiftSize?: number | readonly [number, number];
  /** Fraction of the attention weights that training drops; default 0. */
  readonly dropout?: number;
  /** Whether the projections have a bias; default true. */
  readonly useBias?: boolean;
  /** Fixes the initial weights, together with the layer's name, and the dropout; default 0. */
  readonly seed?: number;
}

/**
 * Self-attention within windows of an image, with a learned bias for each relative position of two
 * pixels, as in Swin. Shifted windows wrap around, and pairs from opposite sides are masked.
 *
 * Input and output `[batch, height, width, channels]`; any size works (padded with zeros at the end).
 * Weights: `qkv/kernel` `[channels, 3 * channels]`, `attention_output/kernel`, a `bias` each, and
 * `relativePositionBias` `[(2 * windowHeight − 1) * (2 * windowWidth − 1), numHeads]`.
 *
 * @throws ConfigError for an argument outside its range; ShapeError for another rank
 * @example
 * const layer = new WindowAttention({ numHeads: 2, windowSize: 4, shiftSize: 2 });
 * (layer.apply(tf.zeros([1, 9, 7, 8])) as tf.Tensor).shape; // [1, 9, 7, 8]
 * @see Liu et al. 2021, arXiv:2103.14030, section 3.2
 */
export class WindowAttention
  extends CompositeLayer<Required<Omit<WindowAttentionArgs, keyof LayerOptions>>>
  implements CountsOperations
{
  static className = "WindowAttention";
  private readonly window: readonly [number, number];
  private readonly shift: readonly [number, number];
  private qkv!: DenseMap;
  private projection!: DenseMap;
  private positionBias!: tf.LayerVariable;
  private seeds: SeedGenerator | null = null;

  constructor(options: WindowAttentionArgs) {
    const { numHeads, windowSize = 7, shiftSize = 0, dropout = 0 } = options;
    const { useBias = true, seed = 0 } = options;
    super(options, { numHeads, windowSize, shiftSize, dropout, useBias, seed });
    expectCount("WindowAttention.numHeads", numHeads);
    expectFraction("WindowAttention.dropout", dropout);
    this.window = expectPair("WindowAttention.windowSize", windowSize);
    this.shift = typeof shiftSize === "number" ? [shiftSize, shiftSize] : shiftSize;
    this.shift.forEach((shift, axis) => {
      expectCount("WindowAttention.shiftSize", shift, 0);
      if (shift < this.window[axis]) return;
      throw new ConfigError({
        where: "WindowAttention.shiftSize",
        expected: `less than the window's ${this.window[axis]}`,
        got: String(shift),
      });
    });
  }

  override build(inputShape: tf.Shape | tf.Shape[]): void {
    const shape = onlyShape(inputShape);
    const channels = channelsOf(`WindowAttention "${this.name}"`, shape, [4]);
    const { numHeads, useBias } = this.args;
    expectDivides("WindowAttention.numHeads", numHeads, channels);
    const seedOf = (name: string): number =>
      deriveSeed(this.args.seed, `${this.seedLabel}/${name}`);
    const add = (name: string, units: number): DenseMap =>
      this.addChild(new DenseMap({ name, units, useBias, seed: seedOf(name) }));
    this.qkv = add("qkv", 3 * channels);
    this.projection = add("attention_output", channels);
    this.buildChild(this.qkv, shape);
    this.buildChild(this.projection, shape);
    const [rows, columns] = this.window;
    const name = "relativePositionBias";
    const table = [(2 * rows - 1) * (2 * columns - 1), numHeads];
    const initializer = seededInitializer("glorotUniform", seedOf(name), name);
    this.positionBias = this.addWeight(name, table, "float32", initializer);
    if (this.args.dropout > 0) {
      const state = seedInitializer(this.args.seed);
      this.seeds = new SeedGenerator(
        this.addWeight("seedState", [2], "int32", state, undefined, false),
      );
    }
    super.build(inputShape);
  }

  override call(inputs: tf.Tensor | tf.Tensor[], options: CallOptions = {}): tf.Tensor {
    const { numHeads, dropout } = this.args;
    return tf.tidy(() => {
      const x = onlyTensor(inputs) as tf.Tensor4D;
      const [batch, height, width, channels] = x.shape;
      const plan = windowPlan([height, width], this.window, this.shift);
      const { windows, tokens } = plan;
      const parts = splitWindows(padAndRoll(x, plan), plan);
      const projected = tf.reshape(this.qkv.apply(parts) as tf.Tensor, [
        ...[batch * windows, tokens, 3],
        ...[numHeads, channels / numHeads],
      ]);
      const [q, k, v] = tf
        .split(tf.transpose(projected, [2, 0, 3, 1, 4]), 3, 0)
        .map((part) => tf.reshape(part, [batch, windows, numHeads, tokens, channels / numHeads]));
      const drops = options.training === true && this.seeds !== null;
      const attended = scaledDotProductAttention(q, k, v, {
        mask: this.bias(plan),
        ...(drops && this.seeds !== null ? { dropout, seed: this.seeds.next() } : {}),
      });
      const rows = tf.reshape(tf.transpose(attended, [0, 1, 3, 2, 4]), [-1, tokens, channels]);
      const joined = joinWindows(this.projection.apply(rows) as tf.Tensor, batch, plan);
      return cropAndUnroll(joined, [height, width], plan);
    });
  }

  override computeOutputShape(inputShape: tf.Shape | tf.Shape[]): tf.Shape {
    return onlyShape(inputShape);
  }

  countOperations(inputShape: tf.Shape | tf.Shape[]): number {
    const shape = onlyShape(inputShape);
    const tokens = this.window[0] * this.window[1];
    return valuesOf(shape) * (8 * (shape[3] ?? 1) + 4 * tokens + 4);
  }

  /** The bias added to the logits, `[windows or 1, heads, tokens, tokens]`. */
  private bias(plan: ReturnType<typeof windowPlan>): tf.Tensor {
    const { tokens } = plan;
    const table = this.positionBias.read() as tf.Tensor2D;
    // A matrix product with constants, whose gradient needs no scatter.
    const chosen = tf.matMul(positionPairs(this.window), table);
    const perHead = tf.transpose(tf.reshape(chosen, [1, tokens, tokens, -1]), [0, 3, 1, 2]);
    const mask = shiftMask(plan);
    return mask === null ? perHead : tf.add(perHead, tf.expandDims(mask, 1));
  }
}

tf.serialization.registerClass(WindowAttention);
