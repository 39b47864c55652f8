import * as tf from "@tensorflow/tfjs";
import { LayerbookError, ShapeError } from "./errors";
import { explainMissingOp } from "./missingOp";
import { formatShape } from "./shapes";

/** The wording of tfjs' own shape errors: `Error in matMul: inner shapes (4) and (5) …`. */
const ABOUT_SHAPES =
  /^Error in |^Invalid TF_Status: 3|shape|rank|dimension|broadcast|incompatible/i;

const shapesOf = (inputs: unknown): string =>
  (Array.isArray(inputs) ? inputs : [inputs])
    .map((input) =>
      input instanceof tf.Tensor || input instanceof tf.SymbolicTensor
        ? formatShape(input.shape as (number | null)[])
        : String(input),
    )
    .join(", ");

/**
 * Adds the layer and its inputs to a tfjs error about shapes, and the layer and the op to one about an
 * op that the backend lacks; returns every other error unchanged.
 *
 * @param layer the innermost layer; the message is searched for its name
 * @param where for the message; default the layer's class and name
 */
export function explainLayerError(
  layer: tf.layers.Layer,
  inputs: unknown,
  error: unknown,
  where = `${layer.getClassName()} "${layer.name}"`,
): unknown {
  // The addon's errors may not be instances of this realm's Error.
  const { message } = (error ?? {}) as { message?: unknown };
  if (typeof message !== "string" || error instanceof LayerbookError) return error;
  const told = explainMissingOp(where, error);
  if (told !== error) return told;
  if (!ABOUT_SHAPES.test(message) || message.includes(layer.name)) return error;
  return new ShapeError({
    where,
    expected: "inputs whose shapes fit the layer's ops",
    got: `${shapesOf(inputs)}: ${message.replace(/\s+/g, " ")}`,
    remedy: "Check the shapes, and take sizes from tensor.shape.",
    cause: error,
  });
}
