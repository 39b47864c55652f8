import type { Binding } from "./binding";
import { expandConstant } from "./constants";
import { opAttrsOf } from "./opAttrs";
import type { GraphNode, OutputRef } from "./graph";

/**
 * Runs recorded nodes eagerly, limited to those that the wanted outputs need.
 *
 * @param leaf gives the id of a real tensor for a `Placeholder` or a variable's value; not freed here
 * @returns ids of real tensors, which the caller deletes
 */
export function replay(
  nodes: readonly GraphNode[],
  wanted: readonly OutputRef[],
  binding: Binding,
  leaf: (node: number) => number,
): number[] {
  const computed = new Map<number, number[]>();
  const needed = new Set<number>();
  const pending = wanted.map(({ node }) => node);
  for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
    if (needed.has(node)) continue;
    needed.add(node);
    if (!isLeaf(nodes[node])) pending.push(...nodes[node].inputs.map((input) => input.node));
  }
  const idOf = ({ node, index }: OutputRef): number =>
    isLeaf(nodes[node]) ? leaf(node) : (computed.get(node) ?? [])[index];
  for (const index of [...needed].sort((a, b) => a - b)) {
    const node = nodes[index];
    if (isLeaf(node)) continue;
    computed.set(index, run(node, node.inputs.map(idOf), binding));
  }
  // Return copies of the handles, so that everything computed here can be freed.
  const results = wanted.map((ref) => {
    const { dtype } = nodes[ref.node].outputs[ref.index];
    const attrs = opAttrsOf({ T: { kind: "type", value: dtype } });
    return binding.executeOp("Identity", attrs, [idOf(ref)], 1)[0].id;
  });
  for (const id of [...computed.values()].flat()) binding.deleteTensor(id);
  return results;
}

function isLeaf({ op }: GraphNode): boolean {
  return op === "Placeholder" || op === "ReadVariableOp";
}

function run(node: GraphNode, inputs: readonly number[], binding: Binding): number[] {
  const value = node.attrs["value"];
  if (node.op === "Const" && value.kind === "tensor") {
    const { shape, dtype } = value.value;
    return [binding.createTensor(shape, dtype, expandConstant(value.value))];
  }
  const outputs = binding.executeOp(node.op, opAttrsOf(node.attrs), inputs, node.outputs.length);
  return outputs.map(({ id }) => id);
}
