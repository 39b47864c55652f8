import type { Attrs, OutputRef, RecordedFunction } from "./graph";
import { writeNode } from "./nodeDef";
import type { FunctionNames, NamedNode } from "./nodeDef";
import { outputNames } from "./opSpec";
import type { ProtoWriter } from "./protobuf";

/** Names the condition and body of every loop in a graph, nested loops included. */
export function nameFunctions(nodes: readonly { readonly attrs: Attrs }[]): FunctionNames {
  const names = new Map<RecordedFunction, string>();
  const visit = (inner: readonly { readonly attrs: Attrs }[]): void => {
    for (const attr of inner.flatMap(({ attrs }) => Object.values(attrs))) {
      if (attr.kind !== "function" || names.has(attr.value)) continue;
      names.set(attr.value, `loop_${names.size}_${attr.value.name.replace(/\W/g, "_")}`);
      visit(attr.value.nodes);
    }
  };
  visit(nodes);
  return names;
}

const argument = (position: number): string => `argument_${position}`;
const result = (position: number): string => `result_${position}`;

/**
 * Writes a `FunctionDef`. In a `FunctionDef` an input is named by the argument, or by the node and the
 * output's name, `"MatMul_3:product:0"`, instead of `"MatMul_3:0"` as in a graph.
 */
export function writeFunction(
  proto: ProtoWriter,
  { nodes, parameters, results }: RecordedFunction,
  name: string,
  functions: FunctionNames,
): void {
  const nameOf = (node: number): string => `${nodes[node].op}_${node}`;
  const refer = ({ node, index }: OutputRef): string => {
    const position = parameters.indexOf(node);
    if (position >= 0) return argument(position);
    const { op, attrs } = nodes[node];
    return `${nameOf(node)}:${outputNames(op, attrs, name)[index]}`;
  };
  const typeOf = ({ node, index }: OutputRef): number => nodes[node].outputs[index].dtype;
  proto.message(1, (signature) => {
    signature.string(1, name);
    parameters.forEach((node, i) => {
      signature.message(2, (arg) => arg.string(1, argument(i)).int(3, typeOf({ node, index: 0 })));
    });
    results.forEach((ref, i) => {
      signature.message(3, (arg) => arg.string(1, result(i)).int(3, typeOf(ref)));
    });
  });
  nodes.forEach(({ op, inputs, controls, attrs }, index) => {
    if (parameters.includes(index)) return;
    const named: NamedNode = {
      name: nameOf(index),
      op,
      inputs: [...inputs.map(refer), ...controls.map((node) => `^${nameOf(node)}`)],
      attrs,
    };
    proto.message(3, (inner) => writeNode(inner, named, functions));
  });
  results.forEach((ref, i) => {
    proto.message(4, (entry) => entry.string(1, result(i)).string(2, refer(ref)));
  });
}
