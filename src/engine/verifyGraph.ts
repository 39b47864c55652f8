import { TraceError } from "../core/errors";
import { formatShape } from "../core/shapes";
import { dtypeName } from "./dtypes";
import { describeNode } from "./graph";
import type { RecordedFunction } from "./graph";
import { outputTypes } from "./opSpec";

function fail(where: string, expected: string, got: string): never {
  throw new TraceError({
    where,
    expected,
    got,
    remedy: "This is a bug in the engine or in a pass over the graph: please report it.",
  });
}

/**
 * Checks the invariants that every pass relies on: order, references, and that each node's inputs and
 * outputs have the types in TensorFlow's op registry. Run between passes.
 *
 * @param stage the pass that wrote the graph, for the message
 * @throws TraceError for the first invalid node
 */
export function verifyGraph(fn: RecordedFunction, stage: string): void {
  const where = (index: number): string =>
    `${fn.name} after ${stage}, node ${index} (${describeNode(fn.nodes[index])})`;
  fn.nodes.forEach((node, index) => {
    for (const input of node.inputs) {
      if (input.node >= index) fail(where(index), "inputs from earlier nodes", `${input.node}`);
      if (input.index >= fn.nodes[input.node].outputs.length) {
        fail(where(index), "an output that exists", `${input.node}:${input.index}`);
      }
    }
    for (const control of node.controls) {
      if (control >= index) fail(where(index), "controls from earlier nodes", `${control}`);
    }
    const expected = outputTypes(
      node.op,
      node.attrs,
      node.inputs.map((ref) => fn.nodes[ref.node].outputs[ref.index].dtype),
      where(index),
    );
    if (expected.length !== node.outputs.length) {
      fail(where(index), `${expected.length} outputs`, `${node.outputs.length}`);
    }
    node.outputs.forEach((output, i) => {
      if (output.dtype !== expected[i]) {
        fail(where(index), `${dtypeName(expected[i])} as output ${i}`, dtypeName(output.dtype));
      }
      // -1 is an open batch.
      if (output.shape.some((size) => !Number.isInteger(size) || size < -1)) {
        fail(where(index), "a shape", formatShape(output.shape));
      }
    });
  });
  for (const index of fn.parameters) {
    if (fn.nodes[index]?.op !== "Placeholder") fail(fn.name, "placeholders", `node ${index}`);
  }
  for (const { node, index } of fn.results) {
    if (!(index < fn.nodes[node]?.outputs.length)) fail(fn.name, "results", `${node}:${index}`);
  }
}
