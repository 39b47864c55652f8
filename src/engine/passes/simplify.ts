import { expandConstant } from "../constants";
import { attrOf } from "../graph";
import type { Attrs, GraphNode, OutputRef, RecordedFunction } from "../graph";
import { Rewriter, same } from "./rewrite";

/** Ops that must not be merged even if they look equal: they have state or identity. */
const unique = new Set(
  "Placeholder VarHandleOp ReadVariableOp AssignVariableOp ResourceApplyAdam".split(" "),
);

/** Ops that return their first input unchanged if the output has the same type. */
const maybeIdentity = new Set("Reshape Identity Squeeze ExpandDims Cast BroadcastTo".split(" "));

function attrsKey(attrs: Attrs): string {
  const entries = Object.entries(attrs).sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify(entries.map(([key, { kind, value }]) => [key, kind, value]));
}

/**
 * Makes a graph smaller, so that it loads faster: merges nodes that compute the same value, removes
 * those that have no effect, and merges consecutive reshapes.
 */
export function simplify(fn: RecordedFunction): RecordedFunction {
  const rewriter = new Rewriter(fn);
  const known = new Map<string, number>();

  /** The input of a chain of reshapes. */
  const reshaped = (ref: OutputRef): OutputRef => {
    const node = rewriter.node(ref);
    return node.op === "Reshape" ? reshaped(node.inputs[0]) : ref;
  };

  const inputsOf = (node: GraphNode): OutputRef[] => {
    const inputs = node.inputs.map((ref) => rewriter.map(ref));
    return node.op === "Reshape" ? [reshaped(inputs[0]), ...inputs.slice(1)] : inputs;
  };

  const keepsOrder = (ref: OutputRef): boolean => {
    const { op, attrs } = rewriter.node(ref);
    const value = op === "Const" ? attrOf(attrs, "value", "tensor") : undefined;
    const axes = value === undefined ? null : (expandConstant(value) as Int32Array);
    return axes?.every((axis, i) => axis === i) ?? false;
  };

  for (const node of fn.nodes) {
    const inputs = inputsOf(node);
    const [type] = node.outputs;
    if (node.op === "Transpose" && node.controls.length === 0 && keepsOrder(inputs[1])) {
      rewriter.put([inputs[0]], inputs[0].node);
      continue;
    }
    if (maybeIdentity.has(node.op) && node.controls.length === 0) {
      const from = rewriter.typeOf(inputs[0]);
      if (from.dtype === type.dtype && same(from.shape, type.shape)) {
        rewriter.put([inputs[0]], inputs[0].node);
        continue;
      }
    }
    const isMergeable = !unique.has(node.op) && node.op !== "Const" && node.controls.length === 0;
    if (!isMergeable) {
      rewriter.putNode(rewriter.copy(node, inputs));
      continue;
    }
    const refs = inputs.map(({ node: at, index }) => `${at}:${index}`).join(",");
    const key = `${node.op}|${refs}|${attrsKey(node.attrs)}`;
    const earlier = known.get(key);
    const made = earlier ?? rewriter.copy(node, inputs);
    known.set(key, made);
    rewriter.putNode(made);
  }
  return rewriter.finish();
}
