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
import { lowerToBfloat16 } from "./passes/bfloat16";
import { foldSplats } from "./passes/foldSplats";
import { watchNaN } from "./passes/watchNaN";
import { prune } from "./passes/prune";
import { simplify } from "./passes/simplify";
import { softmaxByColumns } from "./passes/softmaxByColumns";
import { Session } from "./session";
import { activeTrace, realBinding, traceFunction } from "./trace";
import type { TraceOptions } from "./trace";
import { DEFAULT_MAX_TRACES, TraceCache } from "./traceCache";
import type { CacheEntry, Recording } from "./traceCache";
import { verifyGraph } from "./verifyGraph";

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
  /**
   * Graphs that are kept at most; default {@link DEFAULT_MAX_TRACES}. Past it the one for shapes
   * that were used longest ago goes; a call that differs by a value that is no tensor throws.
   */
  readonly maxTraces?: number;
  /**
   * A tensor that is neither an argument nor a variable keeps its first value for ever. `"warn"`
   * logs each once, with its shape and what uses it, and refuses more than
   * {@link MAX_CONSTANT_ELEMENTS} elements; `"error"` throws; `"ok"` takes it as the constant that it
   * is. Default `"warn"`.
   */
  readonly captured?: CapturedPolicy;
  /**
   * Asks every op whether it came to NaN and throws a `NumericsError` that names the first one and
   * its layer. Slower, and variables have been written by then; default false.
   */
  readonly debug?: boolean;
}

/** What is done about a tensor that a function takes from outside, and that is no variable. */
export type CapturedPolicy = "warn" | "error" | "ok";

/** Any function, for a type to be inferred from. */
export type AnyFunction = (...args: never[]) => unknown;

/** Whether a function returns a promise, also if only now and then. */
export type IsAsync<F extends AnyFunction> = F extends (...args: never[]) => infer R
  ? 0 extends 1 & R // any
    ? false
    : [Extract<R, PromiseLike<unknown>>] extends [never]
      ? false
      : true
  : false;

/**
 * The function's own type, generics and overloads included. Async functions are refused by type: their
 * values do not exist while a function is recorded.
 */
export type Synchronous<F extends AnyFunction> =
  IsAsync<F> extends true ? "an async function cannot be recorded" : F;

/** What a compiled function has beside its call. */
export interface CompiledMethods<F extends AnyFunction> {
  /**
   * Records the function for these arguments without running it, with a graph of their own sizes.
   * Functions prepared before the first call are loaded with it in one go; later ones make the
   * program load anew.
   */
  prepare(...args: Parameters<F>): void;
  /** Frees the function's graphs. It cannot be called any more. */
  dispose(): void;
  /** The graphs so far, the one used last at the end: to count ops, or to look at. */
  readonly recorded: readonly RecordedFunction[];
}

/**
 * A function that runs as a recorded graph, with the function's own type.
 *
 * Arguments and results are nests (arrays, plain objects) of tensors; anything else in the
 * arguments is part of the signature and is frozen in the graph of that signature. Results belong
 * to the caller, as those of a tfjs op do. For a second batch size the graph is recorded with the
 * batch left open where its ops allow, so that later sizes load nothing anew.
 */
export type Compiled<F extends AnyFunction> = F & CompiledMethods<F>;

/**
 * One TensorFlow graph with one set of variables, for several compiled functions: a training step,
 * the same for the last partial batch, an evaluation.
 */
export interface Program {
  compile<F extends AnyFunction>(fn: Synchronous<F>, options?: CompileOptions): Compiled<F>;
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
 *
 * @throws ConfigError for an option that is unknown or out of its range
 */
export function createProgram(options: ProgramOptions = {}): Program {
  checkProgramOptions(options);
  return new GraphProgram(options);
}

/**
 * Compiles one function, as a program of its own.
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

/** A graph of a program under names of its own. */
interface Loadable {
  readonly named: NamedFunction;
  readonly variables: readonly tf.Variable[];
  /** Lets the function that it belongs to forget it. */
  readonly forget: () => void;
}

class GraphProgram implements Program {
  /** What is loaded, or will be at the next call. */
  private readonly graphs = new Map<CacheEntry, Loadable>();
  /** Names of the graphs in the loaded session. */
  private loaded: ReadonlySet<Loadable> = new Set();
  private readonly variables = new GraphVariables(realBinding());
  private readonly precision: Precision;
  private readonly log: (line: string) => void;
  /** Captured tensors that the log has named. */
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
      if (isDisposed) this.refuseDisposed(name);
      const entry = cache.entryFor(flat, isFixed);
      if (!this.graphs.has(entry)) this.add(name, entry, () => cache.forget(entry));
      return entry;
    };
    const call = (...args: never[]): unknown => {
      if (activeTrace() !== null) return fn(...args);
      this.refuseTape(name);
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
            expected: "arguments, variables and what is made of them",
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
    const graph = lowerToBfloat16(fn);
    verifyGraph(graph, "lowering to bfloat16");
    return { graph, watchedOps: places };
  }

  private liveVariables(): tf.Variable[] {
    const used = [...this.graphs.values()].flatMap(({ variables }) => variables);
    return [...new Set(used)].filter((variable) => !variable.isDisposed);
  }

  /**
   * The session with every graph in it. A graph that TensorFlow refuses is forgotten, and what was
   * loaded before stays as it was.
   */
  private load(): Session {
    if (this.isDisposed) this.refuseDisposed("program");
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

  private refuseDisposed(where: string): never {
    throw new TraceError({ where, expected: "a call before dispose()", got: "one after it" });
  }

  private refuseTape(name: string): void {
    const { state } = tf.engine() as unknown as { state: { gradientDepth: number } };
    if (state.gradientDepth === 0) return;
    throw new TraceError({
      where: name,
      expected: "a call outside of tf.grad and tf.variableGrads",
      got: "one inside, where it would have no gradient",
      remedy: "Take the gradient inside the compiled function.",
    });
  }
}

/** tfjs' optimizers count their steps in a number, which a graph cannot move. */
function countStep(optimizer: tf.Optimizer): void {
  (optimizer as unknown as { incrementIterations(): void }).incrementIterations();
}
