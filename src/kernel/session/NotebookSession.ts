import { inspect } from "node:util";
import { join, sep } from "node:path";
import vm from "node:vm";
import * as displayCalls from "../../display";
import { CellConverter } from "./cellConverter";
import type { CompiledCell } from "./cellConverter";
import { CellRequire } from "./cellRequire";
import { cellCompleteness } from "./cellSyntax";
import { CELL_API } from "./cellTransform";
import type { Answer, Bundle, CellError, Command, SessionOutput } from "./channel";
import { DebugHook } from "../debugger/debugHook";
import { Guard } from "./guard";
import type { Outcome } from "./guard";
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
import { stopCalls } from "./stopCalls";
import type { StopCalls } from "./stopCalls";
import { watchTfjsEngine } from "./tfjsRecovery";
import { TOOLKIT_SOURCE, Toolkit } from "./toolkit";
import { Tracebacks } from "./traceback";

/** Options of {@link NotebookSession}. */
export interface SessionOptions {
  /** The notebook's folder. */
  readonly cwd: string;
  /** The toolkit's own package, searched for packages that `cwd` does not have. */
  readonly packageRoot: string;
  readonly strict: boolean;
  /** Identifies this notebook; and the file of the execution history. */
  readonly notebook: string;
  readonly history: string;
  /** The kernel's own script, hidden from stack traces. */
  readonly script: string;
  readonly emit: (output: SessionOutput) => void;
  /** Called before a script runs; sets its breakpoints if a debugger is attached. */
  readonly prepare: (script: string) => Promise<void> | null;
  /** Whether the user has asked the cell to stop. */
  readonly isStopRequested: () => boolean;
  /** Runs work that a stop must not interrupt; everything else may be the user's code. */
  readonly protect: <T>(work: () => T) => T;
}

type Execute = Extract<Command, { readonly type: "execute" }>;
type Executed = Extract<Answer, { readonly type: "executed" }>;
type CellFunction = (...args: unknown[]) => unknown;

/**
 * The cells of one notebook: checks, compiles and runs them, one at a time, and holds their variables.
 * It knows nothing about Jupyter's messages or about processes.
 */
export class NotebookSession {
  readonly #options: SessionOptions;
  readonly #converter: CellConverter;
  readonly #scope = new SessionScope();
  readonly #require: CellRequire;
  readonly #toolkit: Toolkit;
  readonly #interruption = new Interruption();
  readonly #guard: Guard;
  readonly #stops: StopCalls;
  readonly #missing: MissingNames;
  readonly #sources: KnownSources;
  readonly #stacks: StackTraces;
  readonly #tracebacks: Tracebacks;
  readonly #debug: DebugHook;
  #serial = 0;

  /** The settings of the project's `tsconfig.json` that cells do not follow; `null` if none. */
  readonly notice: string | null;

  constructor(options: SessionOptions) {
    const { cwd, packageRoot, strict, script } = options;
    this.#options = options;
    this.#guard = new Guard(options.isStopRequested);
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
      uninterrupted: (work) => {
        options.protect(work);
        watchTfjsEngine();
      },
      checkStop: () => this.#guard.checkStop(),
      warn: (text) => void process.stderr.write(text),
    });
    const packages = new Packages({
      fallbackRoot: packageRoot,
      watcher: this.#toolkit,
      show: (bundle, id, update) => options.emit({ type: "display", bundle, id, update }),
    });
    this.#stacks = new StackTraces({
      sources: this.#sources,
      hidden: new RegExp(escapeRegExp(script)),
      toolkit: new RegExp(escapeRegExp(join(packageRoot, "dist") + sep)),
    });
    this.#stacks.install();
    this.#stops = stopCalls(this.#guard, this.#interruption, this.#stacks);
    const files = new ProjectFiles({
      packages,
      sources: this.#sources,
      stops: this.#stops,
      compilerOptions: config.options,
      resolveAlias: config.resolveAlias,
    });
    this.#require = new CellRequire({ cwd, packages, files, scope: this.#scope.exports });
    this.#tracebacks = new Tracebacks(this.#stacks);
    this.#debug = new DebugHook({
      sources: this.#sources,
      compile: (path) => files.compile(path),
      all: this.#scope.exports,
      variables: () => this.#scope.variables(),
    });
  }

  /** Makes the toolkit's names available to cells; it is loaded when one is used. */
  provideToolkit(): void {
    const names = this.#options.protect(() => this.#converter.provide(TOOLKIT_SOURCE));
    // The display functions need no TensorFlow, so they are available at once.
    this.#scope.provide(names, () => this.#toolkit.load(), { ...displayCalls });
  }

  /** Formats an error thrown outside any cell. */
  describe(error: unknown): CellError {
    return this.#tracebacks.describe(error);
  }

  /** Runs a cell; its output goes to `emit`. */
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
    if (value !== undefined && !command.silent) {
      const shown = await this.#bundleOf(value);
      if ("error" in shown) return this.#failed(shown.error);
      if (shown.bundle !== null) this.#options.emit({ type: "result", bundle: shown.bundle });
    }
    const userExpressions: Record<string, unknown> = {};
    for (const [name, expression] of Object.entries(command.userExpressions)) {
      userExpressions[name] = await this.#evaluate(expression, command.count);
    }
    return { type: "executed", error: null, userExpressions, payload };
  }

  /**
   * Runs user code outside a cell, such as a widget's handler; a stop ends it as it would end a
   * cell.
   *
   * @returns its error, or `null`
   */
  async runTask(task: () => unknown): Promise<CellError | null> {
    const outcome = await this.#guard.run(() => {
      this.#guard.checkStop();
      return Promise.resolve(task());
    });
    return outcome.threw ? this.#explain(outcome.thrown) : null;
  }

  complete(code: string, cursor: number): ReturnType<typeof completeAt> {
    return this.#options.protect(() => completeAt(this.#converter, readMagics(code).code, cursor));
  }

  inspect(code: string, cursor: number): Bundle | null {
    return this.#options.protect(() => inspectAt(this.#converter, code, cursor));
  }

  isComplete(code: string): ReturnType<typeof cellCompleteness> {
    const { code: rest, magics } = readMagics(code);
    return magics.length > 0 && rest.trim() === ""
      ? { status: "complete", indent: "" }
      : cellCompleteness(rest);
  }

  /**
   * Ends the running cell at the `await` where it waits.
   *
   * @param error ends the cell if it waits on something we do not control
   */
  interrupt(error: CellInterrupted): void {
    this.#interruption.interrupt();
    this.#guard.end(error);
  }

  /** Called just before the running cell's code is terminated, with the place where it was. */
  endTerminated(error: CellInterrupted): void {
    this.#guard.endTerminated(error);
  }

  /** Ends the running cell with an error that was thrown elsewhere. */
  failCell(error: Error): void {
    this.#guard.end(error);
  }

  #failed(error: CellError): Executed {
    return { type: "executed", error, userExpressions: {}, payload: [] };
  }

  #help(expression: string): Bundle {
    const found = this.inspect(expression, expression.length);
    const data = found ?? { "text/plain": `${expression}: no such name` };
    return { source: "page", data, start: 0 };
  }

  async #evaluate(expression: string, count: number): Promise<unknown> {
    const { error, value } = await this.#run(expression, count);
    if (error !== null) return { status: "error", ...error };
    const shown = await this.#bundleOf(value);
    return "error" in shown
      ? { status: "error", ...shown.error }
      : { status: "ok", data: shown.bundle ?? {}, metadata: {} };
  }

  /** A value as a MIME bundle; its getters and methods may be the user's code. */
  async #bundleOf(
    value: unknown,
  ): Promise<{ readonly error: CellError } | { readonly bundle: Bundle | null }> {
    const outcome = await this.#guard.run(() =>
      displaysItself(value) ? Promise.resolve(null) : resultBundle(value),
    );
    return outcome.threw
      ? { error: await this.#explain(outcome.thrown) }
      : { bundle: outcome.value as Bundle | null };
  }

  /** An error as Jupyter shows it; its getters may be the user's code. */
  async #explain(thrown: unknown): Promise<CellError> {
    if (thrown instanceof CellInterrupted) return this.#tracebacks.describe(thrown);
    const outcome = await this.#guard.run(() => Promise.resolve(this.#tracebacks.describe(thrown)));
    if (!outcome.threw) return outcome.value as CellError;
    const isStop = outcome.thrown instanceof CellInterrupted;
    return this.#tracebacks.describe(isStop ? outcome.thrown : UNREADABLE);
  }

  async #run(
    code: string,
    count: number,
    /** As the frontend sent it, with magics: the debugger's frontends identify the cell by it. */
    sent = code,
  ): Promise<{ readonly error: CellError | null; readonly value: unknown }> {
    const { protect } = this.#options;
    const compiled = protect(() => this.#compile(code, count, sent));
    if ("error" in compiled) return { error: compiled.error, value: undefined };
    const { cell, script } = compiled;
    await this.#options.prepare(script);
    const outcome = await this.#call(cell, script);
    if (!outcome.threw) {
      protect(() => this.#converter.commit(cell, () => true));
      return { error: null, value: outcome.value };
    }
    protect(() => {
      this.#missing.noteFailure(count, code);
      // Whatever it defined before it threw stays, with its types.
      this.#converter.commit(cell, (name) => this.#scope.definedInCell(name));
    });
    return { error: await this.#explain(outcome.thrown), value: undefined };
  }

  /** Compiles a cell and registers its source map. */
  #compile(
    code: string,
    count: number,
    sent: string,
  ): { readonly error: CellError } | { readonly cell: CompiledCell; readonly script: string } {
    const cell = this.#converter.convert(code);
    if (!("javascript" in cell)) {
      const diagnostics = this.#missing.explain(cell);
      this.#missing.noteFailure(count, code);
      return { error: diagnosticsError(code, count, diagnostics) };
    }
    const serial = ++this.#serial;
    this.#sources.addCell(serial, code, cell);
    this.#require.refresh();
    this.#scope.beginCell();
    const script = cellScriptName(count, serial);
    this.#debug.add({ script, count, code: sent, typed: code, compiled: cell });
    return { cell, script };
  }

  /** Runs compiled code until it ends or the user stops it. */
  async #call(cell: CompiledCell, filename: string): Promise<Outcome> {
    const prefix = cell.hasTopLevelAwait ? "async function" : "function";
    const names = `exports, require, module, __filename, __dirname, ${CELL_API}`;
    const wrapped = `(${prefix} (${names}) { ${cell.javascript}\n})`;
    let value: unknown;
    const api = {
      value: (last: unknown): unknown => (value = last),
      ...this.#stops,
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
    const outcome = await this.#guard.run(() => {
      this.#guard.checkStop();
      const loading = this.#require.prepare(cell.javascript);
      if (loading !== null) return loading.then(run);
      const result = run();
      return cell.hasTopLevelAwait ? (result as Promise<unknown>) : null;
    });
    return outcome.threw ? outcome : { threw: false, value };
  }
}

/** Reported if reading what a cell threw throws in turn. */
const UNREADABLE = new TypeError("the cell threw something that cannot be shown");

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

/** Whether a value is the promise of a `display(…)` that was not awaited. */
function displaysItself(value: unknown): boolean {
  return typeof value === "object" && value !== null && displayCalls.SHOWN in value;
}

/** A cell's value as a MIME bundle; a string gets quotes, to distinguish it from printed text. */
async function resultBundle(value: unknown): Promise<Bundle> {
  return typeof value === "string"
    ? { "text/plain": inspect(value) }
    : displayCalls.toMimeBundle(value);
}
