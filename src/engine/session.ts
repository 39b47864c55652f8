import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { LayerbookError, NumericsError, TraceError } from "../core/errors";
import type { Binding, TensorMetadata } from "./binding";
import { encodeSavedModel } from "./graphDef";
import type { NamedNode } from "./nodeDef";

/** TensorFlow failed to run a graph, or ran out of memory. */
export class EngineError extends LayerbookError {}

/** A graph loaded by TensorFlow, with its variables. */
export class Session {
  private id: number | null;

  constructor(
    nodes: readonly NamedNode[],
    private readonly binding: Binding,
  ) {
    const folder = mkdtempSync(join(tmpdir(), "layerbook-graph-"));
    try {
      writeFileSync(join(folder, "saved_model.pb"), encodeSavedModel(nodes));
      this.id = binding.loadSavedModel(folder, "serve");
    } catch (error) {
      throw refused(error);
    } finally {
      rmSync(folder, { recursive: true });
    }
  }

  /**
   * Runs the nodes that the fetches need.
   *
   * @param name the function's name, for messages
   * @param inputs tensor ids, one per name
   * @param fetches `"node:0"`, at least one
   * @throws EngineError with TensorFlow's message, which names the node and so the layer
   */
  run(
    name: string,
    inputs: readonly number[],
    inputNames: readonly string[],
    fetches: readonly string[],
  ): TensorMetadata[] {
    if (this.id === null) throw new Error(`${name}: used after dispose()`);
    try {
      return this.binding.runSavedModel(this.id, inputs, inputNames.join(","), fetches.join(","));
    } catch (error) {
      throw explain(name, error);
    }
  }

  dispose(): void {
    if (this.id !== null) this.binding.deleteSavedModel(this.id);
    this.id = null;
  }
}

const messageOf = (cause: unknown): string =>
  cause instanceof Error ? cause.message : String(cause);

/** The node's name, which includes the function and the layer, or `null`. */
const nodeIn = (message: string): string | null =>
  /\{\{node ([^}]+)\}\}/.exec(message)?.[1] ?? null;

/**
 * Error for a graph that TensorFlow did not load, most likely because of incompatible shapes of an op
 * without a shape rule.
 */
function refused(cause: unknown): TraceError {
  const message = messageOf(cause).replace(/\s+/g, " ");
  return new TraceError({
    where: nodeIn(message)?.split(" ")[0] ?? "graph",
    expected: "a graph that TensorFlow accepts",
    got: `its error: ${message.replace(/^Failed to load SavedModel: /, "").slice(0, 400)}`,
    remedy: "Check the shapes of that op's inputs; other functions and arguments are not affected.",
    cause,
  });
}

function explain(where: string, cause: unknown): LayerbookError {
  const message = messageOf(cause);
  const check = /([^\n]*?) : Tensor had (.*?) values/.exec(message);
  if (check !== null) {
    const [, place, value] = check;
    return new NumericsError({
      where: `${where}, ${place.replace(/^.*with error: /, "")}`,
      expected: "finite numbers",
      got: value,
      cause,
    });
  }
  const node = nodeIn(message);
  const at = node === null ? "" : ` at ${node}`;
  if (message.includes("OOM when allocating") || message.includes("Resource exhausted")) {
    return new EngineError({
      where,
      expected: "enough memory for the step",
      got: `out of memory${at}`,
      remedy: "Make the batch or the image smaller, or use attention at fewer levels.",
      cause,
    });
  }
  return new EngineError({
    where,
    expected: "a run of the recorded graph",
    got: `TensorFlow's error${at}: ${message.replace(/\s+/g, " ").slice(0, 400)}`,
    cause,
  });
}
