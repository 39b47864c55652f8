import * as tf from "@tensorflow/tfjs";
import { NumericsError, TraceError } from "../core/errors";
import { printed } from "../core/ops/print";
import { nodeBackend, usesGpu } from "./binding";
import { checkCompile, checkProgramOptions } from "./checkOptions";
import type { RecordedFunction } from "./graph";
import { nameNodes } from "./graphDef";
import type { NamedFunction } from "./graphDef";
import { MAX_CONSTANT_ELEMENTS } from "./constants";
import { GraphVariables, transferNodes } from "./graphVariables";
import { flatten, unflatten } from "./nest";
import type { FlatNest } from "./nest";
import type { Precision } from "./dtypes";
import { lowerToBfloat16 } from "./passes/bfloat16";
import { foldSplats } from "./passes/foldSplats";
import { watchNaN } from "./passes/watchNaN";
import { prune } from "./passes/prune";
import { simplify } from "./passes/simplify";
import { softmaxByColumns } from "./passes/softmaxByColumns";
import { Session } from "./session";
import { logSlowBfloat16 } from "./slowBfloat16";
import { activeTrace, realBinding, traceFunction } from "./trace";
import type { TraceOptions } from "./trace";
import { DEFAULT_MAX_TRACES, TraceCache } from "./traceCache";
import type { CacheEntry, Recording } from "./traceCache";
import { verifyGraph } from "./verifyGraph";

export interface ProgramOptions {
  /**
   * `"bfloat16"` halves the memory of activations and, on processors with avx512_bf16 or AMX, the
   * time. On processors without AVX-512 it is several times slower, which is logged. Weights, statistics,
   * losses and softmax stay in float32. Default `"float32"`.
   */
  readonly precision?: Precision;
  /** Called with a message for each retrace; default `console.info`. */
  readonly log?: (line: string) => void;
}

export interface CompileOptions {
  /** For messages, logs and node names; default the function's own name. */
  readonly name?: string;
  /**
   * Maximum number of graphs; default {@link DEFAULT_MAX_TRACES}. Beyond it, a call with new shapes
   * replaces the least recently used graph, and a call that differs in a non-tensor value throws.
   */
  readonly maxTraces?: number;
  /**
   * A captured tensor, neither an argument nor a variable, keeps its first value forever. `"warn"`
   * logs each once, with its shape and the op that uses it, and rejects more than {@link
   * MAX_CONSTANT_ELEMENTS} elements; `"error"` throws; `"ok"` accepts it as a constant. Default
   * `"warn"`.
   */
  readonly captured?: CapturedPolicy;
  /**
   * Checks every op for NaN and throws a `NumericsError` that names the first one and its layer.
   * Slower, and the variables have already been written when it throws; default false.
   */
  readonly debug?: boolean;
}

/** What to do about a captured tensor: one that is neither an argument nor a variable. */
export type CapturedPolicy = "warn" | "error" | "ok";

/** Any function, for a type to be inferred from. */
export type AnyFunction = (...args: never[]) => unknown;

/** Whether a function may return a promise. */
export type IsAsync<F extends AnyFunction> = F extends (...args: never[]) => infer R
  ? 0 extends 1 & R // any
    ? false
    : [Extract<R, PromiseLike<unknown>>] extends [never]
      ? false
      : true
  : false;

/**
 * The function's own type, generics and overloads included. Async functions are a type error: their
 * values do not exist while a function is recorded.
 */
export type Synchronous<F extends AnyFunction> =
  IsAsync<F> extends true ? "an async function cannot be recorded" : F;

/** Methods and properties of a compiled function. */
export interface CompiledMethods<F extends AnyFunction> {
  /**
   * Records the function for these arguments without running it, as a graph for exactly their sizes.
   * Functions prepared before the first call are loaded together with it; later ones make the program
   * reload.
   */
  prepare(...args: Parameters<F>): void;
  /** Frees the function's graphs. It cannot be called afterwards. */
  dispose(): void;
  /** The graphs so far, the most recently used one last, e.g. for counting ops. */
  readonly recorded: readonly RecordedFunction[];
}

/**
 * A function that runs as a recorded graph, with the type of the original function.
 *
 * Arguments and results are nests (arrays, plain objects) of tensors; anything else in the arguments
 * is part of the signature and is fixed in that signature's graph. The caller owns the results, as
 * with a tfjs op. At a second batch size the graph is recorded for any batch size if its ops allow, so
 * that further sizes need no new graph.
 */
export type Compiled<F extends AnyFunction> = F & CompiledMethods<F>;

/**
 * One TensorFlow graph with one set of variables, shared by several compiled functions, such as a
 * training step, the same step for the last partial batch, and an evaluation.
 */
export interface Program {
  compile<F extends AnyFunction>(fn: Synchronous<F>, options?: CompileOptions): Compiled<F>;
  /**
   * Copies every variable's value to tfjs now. Not needed for correctness (a variable that the graph
   * has changed is fetched when it is read), only to control when it happens.
   */
  pull(): void;
  /** Writes variables that were assigned in tfjs to the graph now instead of at the next call. */
  push(): void;
  /** Calls {@link pull}, then frees the graph. The compiled functions cannot be called afterwards. */
  dispose(): void;
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
 * tfjs' variables are synchronised automatically: they can be read and assigned at any time.
 *
 * @throws ConfigError for an option that is unknown or out of its range
 */
export function createProgram(options: ProgramOptions = {}): Program {
  checkProgramOptions(options);
  return new GraphProgram(options);
}

/**
 * Compiles one function as a separate program.
 *
 * @throws ConfigError for what is no function, and for an option that is unknown or out of its range
 * @example
 * const twice = compile((x: tf.Tensor) => tf.mul(x, 2));
 * twice(tf.tensor1d([1, 2])).arraySync(); // [2, 4]
 */
export function compile<F extends AnyFunction>(
  fn: Synchronous<F>,
  options: CompileOptions & ProgramOptions = {},
): Compiled<F> {
  checkCompile("compile", fn, options);
  return new GraphProgram(options).record<F>(fn, options);
}

/** A graph of a program, with unique node names. */
interface Loadable {
  readonly named: NamedFunction;
  readonly variables: readonly tf.Variable[];
  /** Makes the function that it belongs to drop it. */
  readonly forget: () => void;
}

class GraphProgram implements Program {
  /** Graphs that are loaded or will be at the next call. */
  private readonly graphs = new Map<CacheEntry, Loadable>();
  /** Names of the graphs in the loaded session. */
  private loaded: ReadonlySet<Loadable> = new Set();
  private readonly variables = new GraphVariables(realBinding());
  private readonly precision: Precision;
  private readonly log: (line: string) => void;
  /** Captured tensors that have already been logged. */
  private readonly captured = new WeakSet();
  private session: Session | null = null;
  private graphCount = 0;
  private isDisposed = false;

  constructor({ precision = "float32", log = (line) => console.info(line) }: ProgramOptions) {
    this.precision = precision;
    this.log = log;
  }

  compile<F extends AnyFunction>(given: Synchronous<F>, options: CompileOptions = {}): Compiled<F> {
    checkCompile("program.compile", given, options);
    return this.record(given, options);
  }

  /** {@link compile} with options that have been checked. */
  record<F extends AnyFunction>(given: Synchronous<F>, options: CompileOptions): Compiled<F> {
    const fn = given as F;
    const {
      name = fn.name || "compiled",
      maxTraces = DEFAULT_MAX_TRACES,
      captured,
      debug = false,
    } = options;
    let isDisposed = false;
    const tracing = this.tracingOptions(name, captured);
    const cache = new TraceCache(name, maxTraces, {
      record: (flat) => {
        const trace = traceFunction(name, fn, flat, tracing);
        return { trace, ...this.optimise(trace.fn, debug) };
      },
      drop: (entry) => this.graphs.delete(entry),
      log: this.log,
    });
    const entryFor = (flat: FlatNest, isFixed = false): CacheEntry => {
      if (isDisposed) this.throwDisposed(name);
      const entry = cache.entryFor(flat, isFixed);
      if (!this.graphs.has(entry)) this.add(name, entry, () => cache.forget(entry));
      return entry;
    };
    const call = (...args: never[]): unknown => {
      if (activeTrace() !== null) return fn(...args);
      this.rejectTape(name);
      const flat = flatten(`${name}, argument`, args);
      return this.run(name, entryFor(flat), flat);
    };
    const methods: CompiledMethods<F> = {
      prepare: (...args) => void entryFor(flatten(`${name}, argument`, args), true),
      dispose: () => {
        isDisposed = true;
        cache.clear();
        if (this.graphs.size === 0) this.unload();
      },
      get recorded() {
        return cache.entries.map(({ graph }) => graph);
      },
    };
    return Object.defineProperties(call, Object.getOwnPropertyDescriptors(methods)) as Compiled<F>;
  }

  pull(): void {
    this.variables.pull();
  }

  push(): void {
    this.load();
    this.variables.push(this.liveVariables(), []);
  }

  dispose(): void {
    this.unload();
    this.isDisposed = true;
  }

  private tracingOptions(name: string, captured: CapturedPolicy = "warn"): TraceOptions {
    if (captured === "ok") return { withPrints: true };
    return {
      withPrints: true,
      maxCapturedElements: MAX_CONSTANT_ELEMENTS,
      onCapture: ({ dataId, description }) => {
        if (captured === "error") {
          throw new TraceError({
            where: name,
            expected: "arguments, variables and tensors computed from them",
            got: `a tensor from outside (${description})`,
            remedy: "Pass it as an argument, or hold it in tf.variable(value, false).",
          });
        }
        if (this.captured.has(dataId)) return;
        this.captured.add(dataId);
        this.log(
          `${name}: holds a tensor from outside at its present value (${description}). ` +
            'Pass it as an argument if it may change, or compile with { captured: "ok" }.',
        );
      },
    };
  }

  private add(name: string, entry: CacheEntry, forget: () => void): void {
    const scope = `${name.replace(/[^A-Za-z0-9_.-]/g, "_")}_${this.graphCount++}`;
    const named = nameNodes(entry.graph, scope);
    this.graphs.set(entry, { named, variables: entry.trace.variables, forget });
  }

  private optimise(traced: RecordedFunction, debug: boolean): Omit<Recording, "trace"> {
    const folded = foldSplats(simplify(prune(traced)));
    const simplified = prune(usesGpu() ? folded : softmaxByColumns(folded));
    verifyGraph(simplified, "simplifying");
    const { fn, places } = debug ? watchNaN(simplified) : { fn: simplified, places: [] };
    if (debug) verifyGraph(fn, "watching for NaN");
    if (this.precision === "float32") return { graph: fn, watchedOps: places };
    logSlowBfloat16(this.log);
    const graph = lowerToBfloat16(fn);
    verifyGraph(graph, "lowering to bfloat16");
    return { graph, watchedOps: places };
  }

  private liveVariables(): tf.Variable[] {
    const used = [...this.graphs.values()].flatMap(({ variables }) => variables);
    return [...new Set(used)].filter((variable) => !variable.isDisposed);
  }

  /**
   * The session with all graphs. If TensorFlow rejects a graph, that graph is dropped and the previous
   * session stays loaded.
   */
  private load(): Session {
    if (this.isDisposed) this.throwDisposed("program");
    const graphs = [...this.graphs.values()];
    if (this.session !== null && graphs.every((graph) => this.loaded.has(graph))) {
      return this.session;
    }
    const variables = this.liveVariables();
    const nodes = [...graphs.flatMap(({ named }) => named.nodes), ...transferNodes(variables)];
    let session: Session;
    try {
      session = new Session(nodes, realBinding());
    } catch (error) {
      for (const graph of graphs) if (!this.loaded.has(graph)) graph.forget();
      throw error;
    }
    this.variables.attach(session, variables);
    this.session = session;
    this.loaded = new Set(graphs);
    return session;
  }

  private unload(): void {
    this.variables.attach(null);
    this.session = null;
    this.loaded = new Set();
  }

  private run(name: string, entry: CacheEntry, flat: FlatNest): unknown {
    const backend = nodeBackend();
    const session = this.load();
    const { trace, watchedOps } = entry;
    const { named } = this.graphs.get(entry) as Loadable;
    this.variables.push(trace.variables, trace.updated);
    const ids = backend.getInputTensorIds(flat.tensors);
    const fetches = named.results.length > 0 ? named.results : [named.done];
    const outputs = session.run(name, ids, named.parameters, fetches);
    this.variables.markUpdated(trace.updated);
    for (const optimizer of trace.stepped) countStep(optimizer);
    if (named.results.length === 0) {
      for (const { id } of outputs) backend.binding.deleteTensor(id);
      return unflatten(trace.structure, []);
    }
    const tensors = outputs.map((output) => backend.createOutputTensor(output));
    const count = tensors.length - trace.prints.length - (watchedOps.length > 0 ? 1 : 0);
    const [results, extra] = [tensors.slice(0, count), tensors.slice(count)];
    trace.prints.forEach((label, i) => this.log(printed(label, extra[i])));
    const flags = watchedOps.length > 0 ? Array.from(extra[extra.length - 1].dataSync()) : [];
    tf.dispose(extra);
    const first = flags.findIndex((flag) => flag !== 0);
    if (first >= 0) {
      tf.dispose(results);
      throw new NumericsError({
        where: name,
        expected: "numbers",
        got: `NaN from ${watchedOps[first]}`,
      });
    }
    return unflatten(trace.structure, results);
  }

  private throwDisposed(where: string): never {
    throw new TraceError({ where, expected: "a call before dispose()", got: "a call after it" });
  }

  private rejectTape(name: string): void {
    const { state } = tf.engine() as unknown as { state: { gradientDepth: number } };
    if (state.gradientDepth === 0) return;
    throw new TraceError({
      where: name,
      expected: "a call outside of tf.grad and tf.variableGrads",
      got: "a call inside, which would have no gradient",
      remedy: "Take the gradient inside the compiled function.",
    });
  }
}

/** tfjs' optimizers count their steps in a plain number, which a graph cannot increment. */
function countStep(optimizer: tf.Optimizer): void {
  (optimizer as unknown as { incrementIterations(): void }).incrementIterations();
}
