import * as tf from "@tensorflow/tfjs";
import { ConfigError, ShapeError } from "../../core/errors";
import { formatShape } from "../../core/shapes";
import { expectOneOf } from "../support/checkArgs";
import { PaddingMask } from "./PaddingMask";
import type { AttentionCall } from "./attentionMask";

/** tfjs' layers that join tensors; they pass on only the mask of the first. */
const TFJS_MERGES = new Set([
  "Add",
  "Average",
  "Concatenate",
  "Dot",
  "Maximum",
  "Minimum",
  "Multiply",
]);

/** Whether tfjs carries a padding mask beside a tensor of a model. */
function carriesMask(tensor: tf.SymbolicTensor): boolean {
  const layer = tensor.sourceLayer as tf.layers.Layer | null;
  if (layer === null || !layer.supportsMasking || layer instanceof PaddingMask) return false;
  const className = layer.getClassName();
  if (className === "Embedding" || className === "Masking") return true;
  const masked = tensor.inputs.map(carriesMask);
  if (!masked.includes(true)) return false;
  if (TFJS_MERGES.has(className) && (!masked[0] || masked.slice(1, -1).includes(true))) {
    throw new ConfigError({
      where: `${className} "${layer.name}"`,
      expected: "a mask on the first input only",
      got: `inputs with masks: [${masked.join(", ")}]`,
      remedy: "Use layerbook's Add, which combines the masks of all its inputs.",
    });
  }
  return true;
}

/** The inputs of a layer, with its masks separated. */
export interface SplitInputs<T> {
  readonly inputs: T[];
  readonly masks: T[];
}

/**
 * The masks of an attention layer as inputs, so that they are part of a model and are saved with it.
 *
 * The masks follow the other inputs. If the constructor did not name any, the layer uses those that
 * tfjs attaches to its inputs (`embedding({ maskZero: true })`), each through a {@link PaddingMask}.
 *
 * @typeParam Kind what a mask applies to, e.g. `"query"`
 */
export class MaskInputs<Kind extends string> {
  private kinds: readonly Kind[] | null;
  private isWired = false;

  /**
   * @param where names the layer in errors
   * @param explicit the constructor's `maskInputs`; undefined: those that tfjs carries
   * @param carried the kind of the mask that each input may carry, in the order of the inputs
   * @param allowed all kinds that the constructor may name
   */
  constructor(
    private readonly where: string,
    private readonly explicit: readonly Kind[] | undefined,
    private readonly carried: readonly Kind[],
    allowed: readonly Kind[],
  ) {
    this.kinds = explicit ?? null;
    for (const kind of explicit ?? []) expectOneOf(`${where}.maskInputs`, kind, allowed);
  }

  /** The symbolic inputs of the layer, with the masks that they carry behind them. */
  wire(inputs: tf.SymbolicTensor[]): tf.SymbolicTensor[] {
    // A layer that is only built by another layer is not part of a model.
    if (inputs[0].sourceLayer as tf.layers.Layer | null) this.isWired = true;
    if (this.explicit !== undefined) return inputs;
    const main = inputs.filter(({ sourceLayer }) => !(sourceLayer instanceof PaddingMask));
    const isRevived = main.length < inputs.length;
    const masked = isRevived
      ? inputs.slice(main.length).map((mask) => mask.inputs[0])
      : main.filter((input, index) => index < this.carried.length && carriesMask(input));
    const kinds = masked.map(({ id }) => this.carried[main.findIndex((input) => input.id === id)]);
    if (this.kinds !== null && this.kinds.join() !== kinds.join()) {
      throw new ConfigError({
        where: this.where,
        expected: `inputs with masks of [${this.kinds.join(", ")}], as in the call before`,
        got: `[${kinds.join(", ")}]`,
        remedy: "Use a separate layer for each call, or pass the masks as inputs (maskInputs).",
      });
    }
    if (this.isWired) this.kinds = kinds;
    if (isRevived) return inputs;
    const masks = masked.map((input) => new PaddingMask().apply(input) as tf.SymbolicTensor);
    return [...main, ...masks];
  }

  /** Separates a layer's inputs, or their shapes, from its masks. */
  split<T>(all: readonly T[], rankOf: (item: T) => number): SplitInputs<T> {
    const count = this.kinds?.length ?? 0;
    const main = all.slice(0, all.length - count);
    const masks = all.slice(all.length - count);
    // A layer that found its masks in a model can also be called directly, without them.
    const isGiven =
      main.length > 0 &&
      (this.explicit !== undefined || masks.every((mask) => rankOf(mask) < rankOf(all[0])));
    if (isGiven) return { inputs: main, masks };
    if (this.explicit === undefined) return { inputs: [...all], masks: [] };
    throw new ShapeError({
      where: this.where,
      expected: `inputs followed by ${count} masks (${this.explicit.join(", ")})`,
      got: `${all.length} inputs`,
    });
  }

  /** The masks by kind. */
  named(masks: readonly tf.Tensor[]): Partial<Record<Kind, tf.Tensor>> {
    const named: Partial<Record<Kind, tf.Tensor>> = {};
    masks.forEach((mask, index) => {
      const kind = this.kinds?.[index];
      if (kind !== undefined) named[kind] = mask;
    });
    return named;
  }

  /**
   * The call's options without the mask that tfjs adds in a model, which may be another branch's.
   *
   * @param inputs as `apply` got them: in a model always a list
   * @throws ConfigError when that mask might have been meant for this layer
   */
  sift<O extends AttentionCall>(inputs: tf.Tensor | tf.Tensor[], options: O): O {
    const { mask } = options;
    const isFromModel = this.isWired && Array.isArray(inputs) && mask instanceof tf.Tensor;
    if (!isFromModel) return options;
    const { masks } = this.split(inputs, ({ rank }) => rank);
    const tokens = inputs[0].shape.slice(0, -1);
    const fits = formatShape(mask.shape) === formatShape(tokens);
    if (fits && masks.length === 0 && this.explicit === undefined) {
      throw new ConfigError({
        where: this.where,
        expected: "no mask, since no preceding layer has one",
        got: "a mask from elsewhere in the model or from an enclosing model",
        remedy: "Name the masks in maskInputs and pass them as inputs; maskInputs: [] means none.",
      });
    }
    return { ...options, mask: null };
  }
}
