import { inspect } from "node:util";
import { join, sep } from "node:path";
import vm from "node:vm";
import * as displayCalls from "../../display";
import { CellConverter } from "./cellConverter";
import type { CompiledCell } from "./cellConverter";
import { CellRequire } from "./cellRequire";
import { judgeCell } from "./cellSyntax";
import { CELL_API } from "./cellTransform";
import type { Answer, Bundle, CellError, Command, SessionOutput } from "./channel";
import { DebugHook } from "../debugger/debugHook";
import { CellInterrupted, Interruption } from "./interruption";
import { completeAt, inspectAt } from "./languageHelp";
import { readMagics } from "./magics";
import { MissingNames } from "./missingNames";
import { Packages } from "./packages";
import { readProjectConfig } from "./projectConfig";
import { ProjectFiles } from "./projectFiles";
import { SessionScope } from "./scope";
import { diagnosticsError } from "./diagnosticsError";
import { KnownSources, cellScriptName } from "./knownSources";
import { StackTraces } from "./stackTraces";
import { TOOLKIT_SOURCE, Toolkit } from "./toolkit";
import { Tracebacks } from "./traceback";

/** What a {@link NotebookSession} needs to know. */
export interface SessionOptions {
  /** The notebook's folder. */
  readonly cwd: string;
  /** The toolkit's own package, where packages are looked for that `cwd` does not have. */
  readonly packageRoot: string;
  readonly strict: boolean;
  /** What tells this notebook from others, and the file of the cells that ran before. */
  readonly notebook: string;
  readonly history: string;
  /** The kernel's own script: no stack shows it. */
  readonly script: string;
  readonly emit: (output: SessionOutput) => void;
  /** Told when the cell's own code begins: only that may be broken into. */
  readonly beginRun: () => void;
  /**
   * Told when it has ended, and whether it was cut off in its first turn; the session waits until
   * nothing can break into it any more.
   */
  readonly endRun: (wasCut: boolean) => Promise<void>;
  /** Told of the script that is about to run; where a debugger is attached, sets its breakpoints. */
  readonly prepare: (script: string) => Promise<void> | null;
  /** Whether the user has asked the cell to stop. */
  readonly isStopRequested: () => boolean;
  /** Calls what nothing may break into. */
  readonly uninterrupted: (work: () => void) => void;
}

type Execute = Extract<Command, { readonly type: "execute" }>;
type Executed = Extract<Answer, { readonly type: "executed" }>;
type CellFunction = (...args: unknown[]) => unknown;

/** How a cell ended: with its last expression's value, or by throwing anything at all. */
type Outcome =
  | { readonly threw: false; readonly value: unknown }
  | { readonly threw: true; readonly thrown: unknown };

/**
 * The cells of one notebook: checks, compiles and runs them, one at a time, and keeps their names.
 * It knows nothing of Jupyter's messages or of processes.
 */
export class NotebookSession {
  readonly #options: SessionOptions;
  readonly #converter: CellConverter;
  readonly #scope = new SessionScope();
  readonly #require: CellRequire;
  readonly #toolkit: Toolkit;
  readonly #interruption = new Interruption();
  readonly #missing: MissingNames;
  readonly #sources: KnownSources;
  readonly #stacks: StackTraces;
  readonly #tracebacks: Tracebacks;
  readonly #debug: DebugHook;
  #serial = 0;
  #endRunning: ((error: Error) => void) | null = null;

  /** What the project's `tsconfig.json` wants and cells do not follow; `null` where nothing. */
  readonly notice: string | null;

  constructor(options: SessionOptions) {
    const { cwd, packageRoot, strict, script } = options;
    this.#options = options;
    const config = readProjectConfig(cwd);
    this.notice = config.notice;
    this.#converter = new CellConverter({
      cwd,
      fallbackRoot: packageRoot,
      strict: config.options.strict ?? strict,
      projectOptions: config.options,
    });
    this.#missing = new MissingNames({ notebook: options.notebook, history: options.history });
    this.#sources = new KnownSources(cwd);
    this.#toolkit = new Toolkit({
      packageRoot,
      require: (name): unknown => this.#require.require(name),
      uninterrupted: options.uninterrupted,
      checkStop: () => {
        if (options.isStopRequested()) throw new CellInterrupted();
      },
      warn: (text) => void process.stderr.write(text),
    });
    const packages = new Packages({
      fallbackRoot: packageRoot,
      watcher: this.#toolkit,
      show: (bundle, id, update) => options.emit({ type: "display", bundle, id, update }),
    });
    const files = new ProjectFiles({
      packages,
      sources: this.#sources,
      compilerOptions: config.options,
      resolveAlias: config.resolveAlias,
    });
    this.#require = new CellRequire({ cwd, packages, files, scope: this.#scope.exports });
    this.#stacks = new StackTraces({
      sources: this.#sources,
      hidden: new RegExp(escapeRegExp(script)),
      toolkit: new RegExp(escapeRegExp(join(packageRoot, "dist") + sep)),
    });
    this.#stacks.install();
    this.#tracebacks = new Tracebacks(this.#stacks);
    this.#debug = new DebugHook({
      sources: this.#sources,
      compile: (path) => files.compile(path),
      all: this.#scope.exports,
      variables: () => this.#scope.variables(),
    });
  }

  /** Makes the toolkit's names known to cells; they are loaded when one is used. */
  provideToolkit(): void {
    const names = this.#converter.provide(TOOLKIT_SOURCE);
    // What shows things is ours as well, and needs no TensorFlow.
    this.#scope.provide(names, () => this.#toolkit.load(), { ...displayCalls });
  }

  /** An error that no cell was there to take, as text. */
  describe(error: unknown): CellError {
    return this.#tracebacks.describe(error);
  }

  /** Runs a cell; what it prints and shows goes to `emit`. */
  async execute(command: Execute): Promise<Executed> {
    const { code, magics } = readMagics(command.code);
    const payload: Bundle[] = [];
    for (const magic of magics) {
      if (magic.type === "strict") this.#converter.strict = magic.on;
      else if (magic.type === "help") payload.push(this.#help(magic.expression));
      else return this.#failed(unknownMagic(magic.line));
    }
    const { error, value } = await this.#run(code, command.count, command.code);
    if (error !== null) return this.#failed(error);
    if (value !== undefined && !hasShownItself(value) && !command.silent) {
      try {
        this.#options.emit({ type: "result", bundle: await resultBundle(value) });
      } catch (thrown) {
        return this.#failed(this.#tracebacks.describe(thrown));
      }
    }
    const userExpressions: Record<string, unknown> = {};
    for (const [name, expression] of Object.entries(command.userExpressions)) {
      userExpressions[name] = await this.#evaluate(expression, command.count);
    }
    return { type: "executed", error: null, userExpressions, payload };
  }

  /**
   * Runs code of the user's that no cell holds, such as a widget's handler; a stop ends it as it
   * ends a cell.
   *
   * @returns its error, or `null`
   */
  async runTask(task: () => unknown): Promise<CellError | null> {
    const outcome = await this.#guarded(() => Promise.resolve(task()));
    return outcome.threw ? this.#tracebacks.describe(outcome.thrown) : null;
  }

  complete(code: string, cursor: number): ReturnType<typeof completeAt> {
    return completeAt(this.#converter, readMagics(code).code, cursor);
  }

  inspect(code: string, cursor: number): Bundle | null {
    return inspectAt(this.#converter, code, cursor);
  }

  isComplete(code: string): ReturnType<typeof judgeCell> {
    const { code: rest, magics } = readMagics(code);
    return magics.length > 0 && rest.trim() === ""
      ? { status: "complete", indent: "" }
      : judgeCell(rest);
  }

  /** Ends the running cell at what it waits for. */
  interrupt(): void {
    const end = this.#endRunning;
    this.#interruption.interrupt();
    // A cell that does not wait through us, or whose code was terminated, ends here.
    setImmediate(() => end?.(new CellInterrupted()));
  }

  /** Ends the running cell by an error of something that it cannot be thrown from. */
  failCell(error: Error): void {
    this.#endRunning?.(error);
  }

  #failed(error: CellError): Executed {
    return { type: "executed", error, userExpressions: {}, payload: [] };
  }

  #help(expression: string): Bundle {
    const found = this.inspect(expression, expression.length);
    const data = found ?? { "text/plain": `${expression}: nothing of this name is known` };
    return { source: "page", data, start: 0 };
  }

  async #evaluate(expression: string, count: number): Promise<unknown> {
    const { error, value } = await this.#run(expression, count);
    if (error !== null) return { status: "error", ...error };
    return { status: "ok", data: await resultBundle(value), metadata: {} };
  }

  async #run(
    code: string,
    count: number,
    /** As the frontend sent it, magics included: by it the debugger's frontends know the cell. */
    sent = code,
  ): Promise<{ readonly error: CellError | null; readonly value: unknown }> {
    const converted = this.#converter.convert(code);
    if (!("javascript" in converted)) {
      const diagnostics = this.#missing.explain(converted);
      this.#missing.noteFailure(count, code);
      return { error: diagnosticsError(code, count, diagnostics), value: undefined };
    }
    const serial = ++this.#serial;
    this.#sources.addCell(serial, code, converted);
    this.#require.refresh();
    this.#scope.beginCell();
    const script = cellScriptName(count, serial);
    this.#debug.add({ script, count, code: sent, typed: code, compiled: converted });
    await this.#options.prepare(script);
    const outcome = await this.#call(converted, script);
    if (!outcome.threw) {
      this.#converter.commit(converted, () => true);
      return { error: null, value: outcome.value };
    }
    this.#missing.noteFailure(count, code);
    // What it had defined before it threw stays, types included.
    this.#converter.commit(converted, (name) => this.#scope.definedInCell(name));
    return { error: this.#tracebacks.describe(outcome.thrown), value: undefined };
  }

  /** Adds the line that calls `waiting` to the stacks of errors that come out of it. */
  #blamed(waiting: (...args: never[]) => unknown): (error: unknown) => void {
    const here = this.#stacks.here(waiting);
    return (error) => this.#stacks.addAwait(error, here);
  }

  /** Whether a synchronous child ended because the cell was stopped, as `execSync` tells it. */
  #isStopOfChild(thrown: unknown): boolean {
    const isSignalled = thrown instanceof Error && "signal" in thrown && thrown.signal === "SIGINT";
    return isSignalled && this.#options.isStopRequested();
  }

  /** Runs compiled code until it ends or the user stops it. */
  async #call(cell: CompiledCell, filename: string): Promise<Outcome> {
    const prefix = cell.hasTopLevelAwait ? "async function" : "function";
    const names = `exports, require, module, __filename, __dirname, ${CELL_API}`;
    const wrapped = `(${prefix} (${names}) { ${cell.javascript}\n})`;
    let value: unknown;
    const api = {
      value: (last: unknown): unknown => (value = last),
      awaited: <T>(pending: T): Promise<Awaited<T>> =>
        this.#interruption.awaited(pending, this.#blamed(api.awaited)),
      iterated: <T>(source: AsyncIterable<T> | Iterable<T>): AsyncIterable<T> =>
        this.#interruption.iterated(source, this.#blamed(api.iterated)),
      load: this.#require.load,
      meta: this.#require.metaOf(filename),
    };
    const { cwd } = this.#options;
    const run = (): unknown => {
      const cellFunction = vm.runInThisContext(wrapped, { filename }) as CellFunction;
      const { exports } = this.#scope;
      const { require } = this.#require;
      return cellFunction(exports, require, { exports }, join(cwd, filename), cwd, api);
    };
    const outcome = await this.#guarded(() => {
      const loading = this.#require.prepare(cell.javascript);
      if (loading !== null) return loading.then(run);
      const result = run();
      return cell.hasTopLevelAwait ? (result as Promise<unknown>) : null;
    });
    return outcome.threw ? outcome : { threw: false, value };
  }

  /**
   * Runs code of the user's so that a stop can break into it and nothing of the kernel's.
   *
   * @param start returns a promise where the code goes on after its first turn
   */
  async #guarded(start: () => Promise<unknown> | null): Promise<Outcome> {
    let wasCut = false;
    const outcome = await new Promise<Outcome>((resolve) => {
      const fail = (thrown: unknown): void =>
        resolve({
          threw: true,
          thrown: this.#isStopOfChild(thrown) ? new CellInterrupted() : thrown,
        });
      const done = (value?: unknown): void => resolve({ threw: false, value });
      this.#endRunning = fail;
      // On a stack of its own: terminating the cell must not unwind what waits for it.
      setImmediate(() => {
        // Stays so only where a termination unwinds this.
        wasCut = true;
        this.#options.beginRun();
        try {
          // Asked to stop while it was compiled.
          if (this.#options.isStopRequested()) throw new CellInterrupted();
          const pending = start();
          if (pending === null) done();
          else pending.then(done, fail);
        } catch (thrown) {
          fail(thrown);
        }
        wasCut = false;
      });
    });
    await this.#options.endRun(wasCut);
    this.#endRunning = null;
    return outcome;
  }
}

function escapeRegExp(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}

function unknownMagic(line: string): CellError {
  const evalue = `${line}: expected %strict, %strict off or name?`;
  return {
    ename: "UnknownMagic",
    evalue,
    traceback: [`\u001b[1mUnknownMagic\u001b[0m: ${evalue}`],
  };
}

/** The promise of a `display(…)` that nobody awaited. */
function hasShownItself(value: unknown): boolean {
  return typeof value === "object" && value !== null && displayCalls.SHOWN in value;
}

/** A cell's value in every form; text in quotes, as it is a value and not a print. */
async function resultBundle(value: unknown): Promise<Bundle> {
  return typeof value === "string"
    ? { "text/plain": inspect(value) }
    : displayCalls.toMimeBundle(value);
}
