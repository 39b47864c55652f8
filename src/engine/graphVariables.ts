import type * as tf from "@tensorflow/tfjs";
import { nodeBackend } from "./binding";
import type { Binding, TensorRecord } from "./binding";
import { dtypeNumber } from "./dtypes";
import { doneNode } from "./graphDef";
import type { NamedNode } from "./nodeDef";
import type { Attrs } from "./graph";
import type { Session } from "./session";
import { handleAttrs, variableKey } from "./tracedVariables";

/** Up to this many variables are written one by one; more are written in a single run. */
const FEW = 4;

/** Where a variable's current value is stored, as far as this program knows. */
interface Shared {
  readonly variable: tf.Variable;
  /** The tfjs data that equals the graph's value; `null` before the first write. */
  synced: object | null;
  /** tfjs data that is fetched from the graph when first read; `null` if tfjs has the value. */
  pending: TensorRecord | null;
}

/**
 * Synchronises `tf.Variable`s with the variables of a loaded graph, lazily: after a step, a tfjs
 * variable refers to the graph's value, which is fetched when an op or a read needs it; a variable
 * that was assigned in between is written to the graph before the next step. So a value is never
 * stale, and a training loop copies nothing.
 */
export class GraphVariables {
  private readonly shared = new Map<tf.Variable, Shared>();
  private session: Session | null = null;

  constructor(private readonly binding: Binding) {}

  /**
   * Fetches the values that only the old graph has, and switches to a new graph.
   *
   * @param variables the new graph's variables, see {@link transferNodes}
   */
  attach(session: Session | null, variables: readonly tf.Variable[] = []): void {
    this.pull();
    this.session?.dispose();
    this.session = session;
    this.shared.clear();
    for (const variable of variables) {
      if (variable.isDisposed) continue;
      this.shared.set(variable, { variable, synced: null, pending: null });
    }
  }

  /** Before a run, writes variables that were assigned in tfjs to the graph. */
  push(used: readonly tf.Variable[], updated: readonly tf.Variable[]): void {
    // A clone of a variable shares its data, so the value must be fetched before the graph changes it.
    if (updated.some((variable) => (this.entry(variable).pending?.refCount ?? 1) > 1)) this.pull();
    const changed = used.filter((variable) => this.entry(variable).synced !== variable.dataId);
    if (changed.length === 0) return;
    const all = [...this.shared.keys()];
    if (changed.length > FEW && !all.some(({ isDisposed }) => isDisposed)) {
      this.write(all, "variables/written:0");
      return;
    }
    for (const variable of changed) this.write([variable], `${names(variable).written}:0`);
  }

  /** Records that a run has changed variables. */
  markUpdated(updated: readonly tf.Variable[]): void {
    for (const variable of updated) {
      const entry = this.entry(variable);
      if (entry.pending === null) this.makePending(entry);
    }
  }

  /** Fetches every value that only the graph has; the memory is shared, not copied. */
  pull(): void {
    const waiting = [...this.shared.values()].filter(({ pending }) => pending !== null);
    if (waiting.length === 0 || this.session === null) return;
    // A variable that was never written has no value to fetch.
    const all = [...this.shared.values()]
      .filter(({ synced }) => synced !== null)
      .map(({ variable }) => variable);
    const fetched = this.session.run(
      "variables",
      [],
      [],
      all.map((variable) => `${names(variable).read}:0`),
    );
    all.forEach((variable, i) => {
      const entry = this.entry(variable);
      const { pending } = entry;
      if (pending === null) {
        this.binding.deleteTensor(fetched[i].id);
        return;
      }
      const value = fetched[i].id;
      Object.defineProperty(pending, "id", { value, writable: true, enumerable: true });
      entry.pending = null;
    });
  }

  private entry(variable: tf.Variable): Shared {
    const entry = this.shared.get(variable);
    if (entry === undefined) throw new Error(`${variable.name} is not a variable of this program`);
    return entry;
  }

  private write(variables: readonly tf.Variable[], done: string): void {
    this.pull();
    const ids = nodeBackend().getInputTensorIds(variables);
    const feeds = variables.map((variable) => `${names(variable).feed}:0`);
    const [token] = this.session?.run("variables", ids, feeds, [done]) ?? [];
    if (token !== undefined) this.binding.deleteTensor(token.id);
    for (const variable of variables) this.entry(variable).synced = variable.dataId;
  }

  private makePending(entry: Shared): void {
    const backend = nodeBackend();
    const { variable } = entry;
    const { shape } = variable;
    const dtype = dtypeNumber(variable.dtype);
    const value = backend.createOutputTensor({ id: -1, shape, dtype });
    const record = backend.tensorMap.get(value.dataId);
    variable.assign(value);
    value.dispose();
    // Must be last, since tfjs-node reads the id of any record it disposes.
    Object.defineProperty(record, "id", {
      configurable: true,
      enumerable: true,
      get: () => {
        this.pull();
        return record.id;
      },
    });
    entry.pending = record;
    entry.synced = variable.dataId;
  }
}

function names(variable: tf.Variable) {
  const scope = `variables/${variableKey(variable)}`;
  return {
    handle: `${scope}/handle`,
    feed: `${scope}/feed`,
    copy: `${scope}/copy`,
    write: `${scope}/write`,
    written: `${scope}/written`,
    read: `${scope}/read`,
  };
}

/** The nodes through which variables are written and read from outside the graph. */
export function transferNodes(variables: readonly tf.Variable[]): NamedNode[] {
  const writes = variables.map((variable) => `^${names(variable).write}`);
  return [...variables.flatMap(nodesOf), doneNode("variables/written", writes)];
}

function nodesOf(variable: tf.Variable): NamedNode[] {
  const { handle, feed, copy, write, written, read } = names(variable);
  const type = { kind: "type", value: dtypeNumber(variable.dtype) } as const;
  const dtype: Attrs = { dtype: type };
  return [
    { name: handle, op: "VarHandleOp", inputs: [], attrs: handleAttrs(variable) },
    {
      name: feed,
      op: "Placeholder",
      inputs: [],
      attrs: { ...dtype, shape: { kind: "shape", value: variable.shape } },
    },
    // The fed tensor uses JavaScript's memory, which must not be referenced after the run.
    { name: copy, op: "DeepCopy", inputs: [feed], attrs: { T: type } },
    { name: write, op: "AssignVariableOp", inputs: [handle, copy], attrs: dtype },
    doneNode(written, [`^${write}`]),
    { name: read, op: "ReadVariableOp", inputs: [handle], attrs: dtype },
  ];
}
