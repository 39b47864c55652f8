import * as tf from "@tensorflow/tfjs";
import { nodeBackend } from "./binding";
import type { OutputRef, RecordedFunction, TensorType } from "./graph";
import { onOwnTape } from "./ownTape";
import { prune } from "./passes/prune";
import { simplify } from "./passes/simplify";
import type { Recorder } from "./recorder";
import { verifyGraph } from "./verifyGraph";

/**
 * Records the condition or the body of a loop as a separate graph, which can use values of the outer
 * graph only through its parameters.
 *
 * @param outer the recorder of the function that contains the loop
 * @param types types of the parameters
 * @param build runs with the inner recorder in place of the addon
 */
export function recordFunction(
  name: string,
  outer: Recorder,
  types: readonly TensorType[],
  build: (recorder: Recorder, parameters: readonly OutputRef[]) => OutputRef[],
): RecordedFunction {
  const inner = outer.nested();
  const parameters = types.map((type) => {
    const dtype = { kind: "type", value: type.dtype } as const;
    const shape = { kind: "shape", value: type.shape } as const;
    return inner.add("Placeholder", [], { dtype, shape }, [type]);
  });
  const refs = parameters.map((node) => ({ node, index: 0 }));
  installRecorder(inner);
  try {
    const results = onOwnTape(() => tf.tidy(() => build(inner, refs) as never) as OutputRef[]);
    const recorded = { name, nodes: inner.nodes, parameters, results, effects: [] };
    verifyGraph(recorded, "tracing");
    const simplified = prune(simplify(recorded));
    verifyGraph(simplified, "simplifying");
    return simplified;
  } finally {
    installRecorder(outer);
  }
}

/** Installs a recorder in place of the addon. */
function installRecorder(recorder: Recorder): void {
  const backend = nodeBackend();
  backend.binding = recorder;
  backend.getInputTensorIds = (tensors) => tensors.map((tensor) => recorder.inputId(tensor));
}
