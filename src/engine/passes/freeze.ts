import type * as tf from "@tensorflow/tfjs";
import { TraceError } from "../../core/errors";
import type { TensorValues } from "../binding";
import type { RecordedFunction } from "../graph";
import { attrOf } from "../graph";
import { variableKey } from "../tracedVariables";
import { prune } from "./prune";
import { Rewriter } from "./rewrite";
import { simplify } from "./simplify";

/**
 * Replaces the variables by constants with their values, for a graph that only predicts.
 *
 * @throws TraceError if the function writes a variable
 */
function freeze(fn: RecordedFunction, variables: readonly tf.Variable[]): RecordedFunction {
  const writes = fn.effects.filter((node) => fn.nodes[node].op !== "CheckNumerics");
  if (writes.length > 0) {
    throw new TraceError({
      where: fn.name,
      expected: "a function that writes no variables",
      got: `${writes.length} writes`,
      remedy: "Apply the model with { training: false }.",
    });
  }
  const byKey = new Map(variables.map((variable) => [variableKey(variable), variable]));
  const rewriter = new Rewriter(fn);
  for (const node of fn.nodes) {
    if (node.op !== "ReadVariableOp") {
      rewriter.putNode(rewriter.copy(node));
      continue;
    }
    const { attrs } = fn.nodes[node.inputs[0].node];
    const variable = byKey.get(attrOf(attrs, "shared_name", "string") ?? "");
    if (variable === undefined) throw new Error(`${fn.name} reads an unknown variable`);
    const [type] = node.outputs;
    const values = variable.dataSync().slice() as TensorValues;
    const value = { ...type, values, isSplat: values.length === 1 };
    rewriter.putNode(rewriter.constant(value, node.layer).node);
  }
  return rewriter.finish();
}

/** A graph with the variables' values as constants, without the nodes that are then unused. */
export function freezeVariables(
  fn: RecordedFunction,
  variables: readonly tf.Variable[],
): RecordedFunction {
  return prune(simplify(freeze(prune(fn), variables)));
}
