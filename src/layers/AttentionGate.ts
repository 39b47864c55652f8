import * as tf from "@tensorflow/tfjs";
import { relu } from "../core/ops/relu";
import { resizeBilinear } from "../core/ops/resizeBilinear";
import type { LayerOptions } from "./support/BookLayer";
import type { CallOptions } from "./support/BookLayer";
import { BlockLayer } from "./support/BlockLayer";
import type { FilledArgs } from "./support/BlockLayer";
import { expectCount } from "./support/checkArgs";
import { fillNormalization } from "./support/ConvUnit";
import type { ConvUnit, Normalization, NormalizationArgs } from "./support/ConvUnit";
import { valuesOf } from "./support/operations";
import type { CountsOperations } from "./support/operations";
import { expectTwoImages } from "./support/twoImages";

export interface AttentionGateArgs extends LayerOptions, NormalizationArgs {
  /** Channels of the space to which features and gating signal are projected. */
  readonly filters: number;
  /** Default `"none"`, as in the paper's equations; MONAI uses `"batch"`. */
  readonly normalization?: Normalization;
  /** Fixes the initial kernels, together with the layer's name; default 0. */
  readonly seed?: number;
}

/**
 * Additive attention gate: weights the pixels of `x` by the gating signal `g`, `x · α` with `α =
 * sigmoid(ψ(relu(W_x x + W_g g)))`.
 *
 * Inputs `[x, g]`: `x` `[batch, height, width, channels]`, `g` `[batch, h, w, gateChannels]`; if `g`
 * is on a coarser grid, `W_g g` is resized bilinearly to that of `x` (the paper instead resamples `x`
 * to the grid of `g`, and `α` back). Output: the shape of `x`. {@link AttentionGate.attentionMap}
 * returns `α`.
 *
 * @throws ShapeError unless there are two inputs of rank 4
 * @example
 * const gate = new AttentionGate({ filters: 4 });
 * (gate.apply([tf.zeros([1, 6, 10, 3]), tf.zeros([1, 3, 5, 7])]) as tf.Tensor).shape; // [1, 6, 10, 3]
 * @see Oktay et al. 2018, "Attention U-Net", arXiv:1804.03999, equations 1 and 2
 */
export class AttentionGate
  extends BlockLayer<FilledArgs<AttentionGateArgs>>
  implements CountsOperations
{
  static className = "AttentionGate";
  private readonly features: ConvUnit;
  private readonly gating: ConvUnit;
  private readonly psi: ConvUnit;

  constructor(options: AttentionGateArgs) {
    const { filters, seed = 0 } = options;
    const normalization = fillNormalization({ normalization: "none", ...options });
    super(options, { filters, seed, ...normalization });
    expectCount("AttentionGate.filters", filters);
    this.features = this.addConv("X", { filters, kernelSize: 1 });
    this.gating = this.addConv("G", { filters, kernelSize: 1 });
    this.psi = this.addConv("Psi", { filters: 1, kernelSize: 1 });
  }

  override build(inputShape: tf.Shape | tf.Shape[]): void {
    const [x, g] = this.bothShapes(inputShape);
    this.buildUnit(this.psi, this.buildUnit(this.features, x));
    this.buildUnit(this.gating, g);
    super.build(inputShape);
  }

  override call(inputs: tf.Tensor | tf.Tensor[], options: CallOptions = {}): tf.Tensor {
    return tf.tidy(() => {
      const [x, g] = inputs as [tf.Tensor, tf.Tensor];
      return tf.mul(x, this.weigh(x, g, options));
    });
  }

  /**
   * The gate's attention map `α`, for interpretation.
   *
   * @param inputs `[x, g]` as for the layer; the layer has been built
   * @returns `[batch, height, width, 1]`, each in (0, 1)
   */
  attentionMap(inputs: readonly [tf.Tensor, tf.Tensor]): tf.Tensor {
    return tf.tidy(() => this.weigh(inputs[0], inputs[1], {}));
  }

  override computeOutputShape(inputShape: tf.Shape | tf.Shape[]): tf.Shape {
    return this.bothShapes(inputShape)[0];
  }

  countOperations(inputShape: tf.Shape | tf.Shape[]): number {
    const [x, g] = this.bothShapes(inputShape);
    const joint = this.features.outputShape(x);
    return (
      this.features.countOperations(x) +
      this.gating.countOperations(g) +
      this.psi.countOperations(joint) +
      2 * valuesOf(joint) + // sum, ReLU
      2 * valuesOf(x) // sigmoid spread over the channels, product
    );
  }

  private weigh(x: tf.Tensor, g: tf.Tensor, options: CallOptions): tf.Tensor {
    const gating = this.gating.apply(g, options) as tf.Tensor4D;
    const spread = resizeBilinear(gating, x.shape[1] as number, x.shape[2] as number);
    const joint = relu(tf.add(this.features.apply(x, options), spread));
    return tf.sigmoid(this.psi.apply(joint, options));
  }

  private bothShapes(inputShape: tf.Shape | tf.Shape[]): [tf.Shape, tf.Shape] {
    return expectTwoImages(`AttentionGate "${this.name}"`, "[x, g]", inputShape);
  }
}

tf.serialization.registerClass(AttentionGate);
