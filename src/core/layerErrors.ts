import * as tf from "@tensorflow/tfjs";
import { LayerbookError, ShapeError } from "./errors";
import { tellMissingOp } from "./missingOp";
import { formatShape } from "./shapes";

/** How tfjs' own complaints about shapes read: `Error in matMul: inner shapes (4) and (5) …`. */
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
 * An error of tfjs' about shapes, told with the layer that it happened in and what the layer was given, or
 * about an op that the backend lacks, told with both; every other error as it is.
 *
 * @param layer the innermost layer, whose name is looked for in the message
 * @param where for the message; default the layer's class and name
 */
export function tellLayer(
  layer: tf.layers.Layer,
  inputs: unknown,
  error: unknown,
  where = `${layer.getClassName()} "${layer.name}"`,
): unknown {
  // The addon's errors need not be of this realm's Error.
  const { message } = (error ?? {}) as { message?: unknown };
  if (typeof message !== "string" || error instanceof LayerbookError) return error;
  const told = tellMissingOp(where, error);
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
