import * as tf from "@tensorflow/tfjs";
import { TraceError } from "../core/errors";
import { nodeBackend, usesGpu } from "./binding";
import type { RecordedFunction } from "./graph";
import { verifyGraph } from "./graph";
import { nameNodes } from "./graphDef";
import type { NamedFunction } from "./graphDef";
import { GraphVariables } from "./graphVariables";
import { describeChange, flatten, signatureKey, unflatten } from "./nest";
import type { FlatNest } from "./nest";
import { lowerToBfloat16 } from "./passes/bfloat16";
import { foldSplats } from "./passes/foldSplats";
import { prune } from "./passes/prune";
import { simplify } from "./passes/simplify";
import { softmaxByColumns } from "./passes/softmaxByColumns";
import { Session } from "./session";
import { activeTrace, realBinding, traceFunction } from "./trace";
import type { Trace } from "./trace";

/** What convolutions, matrix products and the activations between them are computed in. */
export type Precision = "float32" | "bfloat16";

export interface ProgramOptions {
  /**
   * `"bfloat16"` halves the memory of activations, and the time where the processor has
   * avx512_bf16 or AMX. Weights, statistics, losses and softmax stay in float32. Default `"float32"`.
   */
  readonly precision?: Precision;
  /** Where a retrace is told; default `console.info`. */
  readonly log?: (line: string) => void;
}

export interface CompileOptions {
  /** For messages, logs and node names; default the function's own name. */
  readonly name?: string;
  /** A call whose arguments are of yet another kind throws past this many; default 8. */
  readonly maxTraces?: number;
}

/**
 * A function that runs as a recorded graph.
 *
 * Arguments and results are nests (arrays, plain objects) of tensors; anything else in the
 * arguments is part of the signature and is frozen in the graph of that signature. Results belong
 * to the caller, as those of a tfjs op do.
 */
export interface Compiled<F extends (...args: never[]) => unknown> {
  (...args: Parameters<F>): ReturnType<F>;
  /**
   * Records the function for these arguments without running it. Functions prepared before the
   * first call are loaded with it in one go; later ones make the program load anew.
   */
  prepare(...args: Parameters<F>): void;
  /** The graphs so far, one a signature: to count ops, or to look at. */
  readonly recorded: readonly RecordedFunction[];
}

/**
 * One TensorFlow graph with one set of variables, for several compiled functions: a training step,
 * the same for the last partial batch, an evaluation.
 */
export interface Program {
  compile<F extends (...args: never[]) => unknown>(fn: F, options?: CompileOptions): Compiled<F>;
  /**
   * Brings every variable's value into tfjs now. Never needed for right values (a variable that
   * the graph has moved is fetched when it is read), only to choose the moment.
   */
  pull(): void;
  /** Writes variables that were assigned in tfjs into the graph now, not at the next call. */
  push(): void;
  /** Pulls, and frees the graph. The compiled functions cannot be called any more. */
  dispose(): void;
}

interface Entry {
  readonly trace: Trace;
  readonly named: NamedFunction;
  readonly recorded: RecordedFunction;
}

/**
 * Makes a {@link Program}.
 *
 * ```ts
 * const program = createProgram();
 * const step = program.compile((images: tf.Tensor4D, labels: tf.Tensor, rate: tf.Scalar) => {
 *   const { value, grads } = tf.variableGrads(() => loss(labels, logitsOf(model, images)), weights);
 *   optimizer.apply(grads, rate);
 *   return value;
 * }, { name: "train" });
 * const loss = step(images, labels, rate);
 * ```
 *
 * tfjs' variables stay right by themselves: read one at any time, assign one at any time.
 */
export function createProgram(options: ProgramOptions = {}): Program {
  return new GraphProgram(options);
}

/**
 * Compiles one function, as a program of its own.
 *
 * @example
 * const twice = compile((x: tf.Tensor) => tf.mul(x, 2));
 * twice(tf.tensor1d([1, 2])).arraySync(); // [2, 4]
 */
export function compile<F extends (...args: never[]) => unknown>(
  fn: F,
  options: CompileOptions & ProgramOptions = {},
): Compiled<F> {
  return createProgram(options).compile(fn, options);
}

class GraphProgram implements Program {
  private readonly entries: Entry[] = [];
  private readonly variables = new GraphVariables(realBinding());
  private readonly precision: Precision;
  private readonly log: (line: string) => void;
  private session: Session | null = null;
  private isDisposed = false;

  constructor({ precision = "float32", log = (line) => console.info(line) }: ProgramOptions) {
    this.precision = precision;
    this.log = log;
  }

  compile<F extends (...args: never[]) => unknown>(
    fn: F,
    { name = fn.name || "compiled", maxTraces = 8 }: CompileOptions = {},
  ): Compiled<F> {
    const traces = new Map<string, Entry>();
    let last: FlatNest["signature"] | null = null;

    const entryFor = (flat: FlatNest): Entry => {
      const key = signatureKey(flat.signature);
      const known = traces.get(key);
      const stale = known?.trace.watched.find(({ value, read }) => read() !== value);
      if (known !== undefined && stale === undefined) return known;
      if (last !== null) {
        const change =
          stale === undefined
            ? describeChange(last, flat.signature)
            : `${stale.label}: ${stale.value} → ${stale.read()}`;
        this.refuseTooMany(name, traces.size, maxTraces, change);
        this.log(`${name}: recorded anew, ${change}`);
      }
      // A stale entry stays counted under a key of its own.
      if (known !== undefined) traces.set(`${key}#${traces.size}`, known);
      const entry = this.record(name, fn, flat);
      traces.set(key, entry);
      last = flat.signature;
      return entry;
    };

    const call = (...args: Parameters<F>): ReturnType<F> => {
      if (activeTrace() !== null) return fn(...args) as ReturnType<F>;
      this.refuseTape(name);
      const flat = flatten(`${name}, argument`, args);
      return this.run(name, entryFor(flat), flat) as ReturnType<F>;
    };
    return Object.defineProperty(
      Object.assign(call, {
        prepare: (...args: Parameters<F>): void => {
          entryFor(flatten(`${name}, argument`, args));
        },
      }),
      "recorded",
      { get: () => [...traces.values()].map(({ recorded }) => recorded) },
    ) as unknown as Compiled<F>;
  }

  pull(): void {
    this.variables.pull();
  }

  push(): void {
    this.load();
    const used = this.entries.flatMap(({ trace }) => trace.variables);
    this.variables.push(
      [...new Set(used)].filter((variable) => !variable.isDisposed),
      [],
    );
  }

  dispose(): void {
    this.variables.attach(null);
    this.session = null;
    this.isDisposed = true;
  }

  private record(name: string, fn: (...args: never[]) => unknown, flat: FlatNest): Entry {
    const trace = traceFunction(name, fn, flat);
    const recorded = this.optimise(trace.fn);
    const named = nameNodes(
      recorded,
      `${name.replace(/[^A-Za-z0-9_.-]/g, "_")}_${this.entries.length}`,
    );
    const entry = { trace, named, recorded };
    this.entries.push(entry);
    this.variables.add(trace.variables);
    this.session = null;
    return entry;
  }

  private optimise(traced: RecordedFunction): RecordedFunction {
    const folded = foldSplats(simplify(prune(traced)));
    const simplified = prune(usesGpu() ? folded : softmaxByColumns(folded));
    verifyGraph(simplified, "simplifying");
    if (this.precision === "float32") return simplified;
    const lowered = lowerToBfloat16(simplified);
    verifyGraph(lowered, "lowering to bfloat16");
    return lowered;
  }

  private load(): Session {
    if (this.isDisposed) {
      throw new TraceError({
        where: "program",
        expected: "a call before dispose()",
        got: "one after it",
      });
    }
    if (this.session === null) {
      const functions = this.entries.flatMap(({ named }) => named.nodes);
      const session = new Session([...functions, ...this.variables.nodes()], realBinding());
      this.variables.attach(session);
      this.session = session;
    }
    return this.session;
  }

  private run(name: string, { trace, named }: Entry, flat: FlatNest): unknown {
    const backend = nodeBackend();
    const session = this.load();
    this.variables.push(trace.variables, trace.updated);
    const ids = backend.getInputTensorIds(flat.tensors);
    const fetches = named.results.length > 0 ? named.results : [named.done];
    const outputs = session.run(name, ids, named.parameters, fetches);
    this.variables.markUpdated(trace.updated);
    if (named.results.length === 0) {
      for (const { id } of outputs) backend.binding.deleteTensor(id);
      return unflatten(trace.structure, []);
    }
    return unflatten(
      trace.structure,
      outputs.map((output) => backend.createOutputTensor(output)),
    );
  }

  private refuseTape(name: string): void {
    const { state } = tf.engine() as unknown as { state: { gradientDepth: number } };
    if (state.gradientDepth === 0) return;
    throw new TraceError({
      where: name,
      expected: "a call outside of tf.grad and tf.variableGrads",
      got: "one inside, where it would have no gradient",
      remedy: "Take the gradient inside of the compiled function.",
    });
  }

  private refuseTooMany(name: string, count: number, maxTraces: number, change: string): void {
    if (count < maxTraces) return;
    throw new TraceError({
      where: name,
      expected: `at most ${maxTraces} kinds of arguments`,
      got: `another one (${change})`,
      remedy: "Pass what changes as a tensor, pad batches to one size, or raise maxTraces.",
    });
  }
}
