import type { Debugger } from "node:inspector";
import { Breakpoints } from "./breakpoints";
import { CELL_PATHS, cellPath } from "./cellPaths";
import type { DebuggedCell } from "./debugHook";
import { Frames } from "./frames";
import type { UserFrame } from "./frames";
import { HOOK, InspectorClient } from "./inspectorClient";
import { argumentSchemas, failure } from "./protocol";
import type { DapEvent, DapRequest, DapResponse } from "./protocol";
import { Sources } from "./sources";
import { Variables, typeText, variableName } from "./variables";

type Body = Readonly<Record<string, unknown>>;

/** The thread that runs cells, the only one that is debugged. */
const THREAD = { id: 1, name: "Cells" };

/** The only exception filter: every `throw`, caught or not. */
const THROWN = "all";

const CAPABILITIES: Body = {
  supportsConfigurationDoneRequest: true,
  supportsConditionalBreakpoints: true,
  supportsHitConditionalBreakpoints: true,
  supportsLogPoints: true,
  supportsEvaluateForHovers: true,
  supportsSetVariable: true,
  exceptionBreakpointFilters: [{ filter: THROWN, label: "Thrown errors", default: false }],
};

/** Options of {@link DebugAdapter}. */
interface AdapterOptions {
  /** The folder of the kernel's own scripts; the debugger never stops in them. */
  readonly kernelFolder: string;
  /** Sends an event to the frontends. */
  readonly emit: (event: DapEvent) => void;
  /** Called when debugging begins and ends: cells wait for their breakpoints only in between. */
  readonly onStarted: (isStarted: boolean) => void;
}

function escapeRegExp(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}

/** Whether two stops are on the same line of the same function. */
function isSamePlace(one: UserFrame, other: UserFrame | undefined): boolean {
  return other?.script === one.script && other.name === one.name && other.line === one.line;
}

/**
 * The Debug Adapter Protocol, as Jupyter's frontends use it, on top of V8's inspector. It runs on a
 * different thread from the cells, so it can answer while a cell is stopped at a breakpoint.
 */
export class DebugAdapter {
  readonly #options: AdapterOptions;
  readonly #client = new InspectorClient();
  readonly #breakpoints = new Breakpoints(this.#client);
  readonly #variables = new Variables(this.#client);
  readonly #sources = new Sources();
  readonly #library: readonly string[];
  #frames: Frames;
  #isStarted = false;
  /** The frames of a stop, or `null` while the cells' thread runs. */
  #stopped: readonly UserFrame[] | null = null;
  #isPaused = false;
  #lastCommand: "step" | "pause" | null = null;
  /** Where a step over began, until it leaves that line: an await stops on its line twice. */
  #steppedFrom: UserFrame | null = null;
  #seq = 0;

  constructor(options: AdapterOptions) {
    this.#options = options;
    this.#library = [
      "^node:",
      "^evalmachine",
      "/node_modules/",
      escapeRegExp(options.kernelFolder),
    ];
    this.#frames = this.#newFrames();
    this.#client.onScript = (event) => this.#frames.addScript(event);
    this.#client.onPaused = (event) => void this.#paused(event);
    this.#client.onResumed = () => {
      this.#isPaused = false;
      if (this.#stopped === null) return;
      this.#stopped = null;
      this.#variables.clear();
      this.#emit("continued", { threadId: THREAD.id, allThreadsContinued: true });
    };
  }

  /** Whether a cell is stopped at a breakpoint. */
  get isPaused(): boolean {
    return this.#isPaused;
  }

  /** Lets a stopped cell continue, or ends it at that point. */
  async resume(options: { readonly terminate: boolean }): Promise<void> {
    await this.#client.post("Debugger.resume", { terminateOnResume: options.terminate });
  }

  /** Sets the breakpoints of a cell that is about to run. */
  async prepare(script: string): Promise<void> {
    if (!this.#isStarted) return;
    const cell = await this.#client.ask<DebuggedCell | null>(`cell(${JSON.stringify(script)})`);
    if (cell !== null) await this.#breakpoints.prepare(cell);
  }

  /** Answers a request; never rejects. */
  async handle(request: DapRequest): Promise<DapResponse> {
    try {
      const body = await this.#dispatch(request);
      const { seq, command } = request;
      return { type: "response", seq, request_seq: seq, command, success: true, body };
    } catch (error) {
      return failure(request, error instanceof Error ? error.message : String(error));
    }
  }

  async #dispatch(request: DapRequest): Promise<Body> {
    const { command } = request;
    if (command === "debugInfo") return this.#info();
    if (command === "initialize") return this.#initialize();
    if (command === "inspectVariables") return this.#inspectVariables();
    if (command === "richInspectVariables") return this.#richInspect(request);
    if (!this.#isStarted) throw new Error(`${command}: the debugger has not been started`);
    switch (command) {
      case "attach":
        this.#emit("initialized", {});
        return {};
      case "configurationDone":
        return {};
      case "disconnect":
      case "terminate":
        return this.#disconnect();
      case "dumpCell": {
        const { code } = argumentSchemas.dumpCell.parse(request.arguments);
        return { sourcePath: this.#sources.dump(cellPath(code), code) };
      }
      case "setBreakpoints": {
        const { source, breakpoints } = argumentSchemas.setBreakpoints.parse(request.arguments);
        return { breakpoints: await this.#breakpoints.replace(source.path, breakpoints) };
      }
      case "setExceptionBreakpoints": {
        const { filters } = argumentSchemas.setExceptionBreakpoints.parse(request.arguments);
        const state = filters.includes(THROWN) ? "all" : "none";
        await this.#client.post("Debugger.setPauseOnExceptions", { state });
        return { breakpoints: filters.map((filter) => ({ verified: filter === THROWN })) };
      }
      case "source": {
        const { source } = argumentSchemas.source.parse(request.arguments);
        return { content: await this.#sources.read(source.path) };
      }
      case "threads":
        return { threads: [THREAD] };
      case "modules":
        return { modules: [], totalModules: 0 };
      case "stackTrace":
        return this.#stackTrace();
      case "scopes":
        return this.#scopes(argumentSchemas.scopes.parse(request.arguments).frameId);
      case "variables": {
        const { variablesReference } = argumentSchemas.variables.parse(request.arguments);
        return { variables: await this.#variables.list(variablesReference) };
      }
      case "setVariable": {
        const { variablesReference, name, value } = argumentSchemas.setVariable.parse(
          request.arguments,
        );
        const frame = this.#callFrame(null);
        return { ...(await this.#variables.assign(variablesReference, name, value, frame)) };
      }
      case "evaluate": {
        const { expression, frameId } = argumentSchemas.evaluate.parse(request.arguments);
        const value = await this.#client.evaluate(expression, this.#callFrame(frameId));
        const { value: result, variablesReference } = this.#variables.describe("", value);
        return { result, type: typeText(value), variablesReference };
      }
      case "continue":
        await this.#go("Debugger.resume", null);
        return { allThreadsContinued: true };
      case "next":
        this.#steppedFrom = this.#stopped?.[0] ?? null;
        return this.#go("Debugger.stepOver", "step");
      case "stepIn":
        return this.#go("Debugger.stepInto", "step");
      case "stepOut":
        return this.#go("Debugger.stepOut", "step");
      case "pause":
        this.#lastCommand = "pause";
        await this.#client.post("Debugger.pause");
        return {};
      default:
        throw new Error(`${command}: this debugger does not know the command`);
    }
  }

  #info(): Body {
    return {
      ...CELL_PATHS,
      isStarted: this.#isStarted,
      breakpoints: this.#breakpoints.list(),
      stoppedThreads: this.#stopped === null ? [] : [THREAD.id],
      richRendering: true,
      exceptionPaths: [],
      copyToGlobals: false,
    };
  }

  async #initialize(): Promise<Body> {
    if (this.#isStarted) return CAPABILITIES;
    this.#client.connect();
    await this.#client.post("Debugger.enable");
    await this.#client.post("Debugger.setBlackboxPatterns", { patterns: this.#library });
    this.#isStarted = true;
    this.#options.onStarted(true);
    return CAPABILITIES;
  }

  async #disconnect(): Promise<Body> {
    this.#isStarted = false;
    this.#options.onStarted(false);
    this.#breakpoints.clear();
    // Removes V8's breakpoints and lets a stopped cell continue.
    await this.#client.post("Debugger.disable");
    this.#client.disconnect();
    this.#isPaused = false;
    this.#stopped = null;
    this.#variables.clear();
    this.#frames = this.#newFrames();
    return {};
  }

  #newFrames(): Frames {
    const patterns = this.#library.map((pattern) => new RegExp(pattern));
    return new Frames(this.#client, (url) => patterns.some((pattern) => pattern.test(url)));
  }

  async #paused({
    callFrames,
    reason,
    hitBreakpoints,
    data,
  }: Debugger.PausedEventDataType): Promise<void> {
    this.#isPaused = true;
    const frames = await this.#frames.read(callFrames);
    if (!this.#isPaused) return;
    if (frames.length === 0) {
      // None of the user's code is on the stack.
      await this.#client.post("Debugger.resume");
      return;
    }
    const from = this.#steppedFrom;
    this.#steppedFrom = null;
    if (from !== null && (hitBreakpoints ?? []).length === 0 && isSamePlace(from, frames[0])) {
      await this.#client.post("Debugger.stepOver");
      return;
    }
    this.#stopped = frames;
    const isThrown = reason === "exception" || reason === "promiseRejection";
    const { description } = (data ?? {}) as { readonly description?: string };
    const isBreakpoint = (hitBreakpoints ?? []).length > 0 || this.#lastCommand === null;
    this.#emit("stopped", {
      reason: isThrown ? "exception" : isBreakpoint ? "breakpoint" : (this.#lastCommand ?? "pause"),
      ...(isThrown ? { text: description?.split("\n")[0] ?? "an error was thrown" } : {}),
      threadId: THREAD.id,
      allThreadsStopped: true,
    });
    this.#lastCommand = null;
  }

  async #go(method: string, command: "step" | null): Promise<Body> {
    if (this.#stopped === null) throw new Error("no cell is stopped");
    this.#lastCommand = command;
    await this.#client.post(method);
    return {};
  }

  #frame(id: number): UserFrame {
    const found = this.#stopped?.find((frame) => frame.id === id);
    if (found === undefined) throw new Error(`frame ${id}: the cell has continued since`);
    return found;
  }

  #callFrame(id: number | null | undefined): string | null {
    if (this.#stopped === null) return null;
    const frame = typeof id === "number" && id > 0 ? this.#frame(id) : this.#stopped[0];
    return frame?.callFrame.callFrameId ?? null;
  }

  #stackTrace(): Body {
    const stackFrames = (this.#stopped ?? []).map(({ id, name, line, column, script }) => ({
      ...{ id, name, line, column },
      source: {
        path: script.path,
        name: script.cell === null ? script.path : `Cell [${script.cell.count}]`,
      },
    }));
    return { stackFrames, totalFrames: stackFrames.length };
  }

  async #scopes(frameId: number): Promise<Body> {
    const { callFrame, isTopLevel } = this.#frame(frameId);
    const notebook = (await this.#client.reach("variables()")).objectId;
    const { scopeChain } = callFrame;
    const own = scopeChain.findIndex(({ type }) => type === "local") + 1;
    const objects = (scopes: Debugger.CallFrame["scopeChain"]): string[] =>
      scopes.flatMap(({ object }) => object.objectId ?? []);
    const globals = notebook === undefined ? [] : [notebook];
    const locals = objects(scopeChain.slice(0, own));
    const closure = objects(scopeChain.slice(own).filter(({ type }) => type === "closure"));
    const scope = (name: string, ids: readonly string[]): Body => ({
      name,
      variablesReference: this.#variables.hold(ids, callFrame),
      expensive: false,
    });
    return {
      scopes: [
        scope("Locals", isTopLevel ? [...locals, ...globals] : locals),
        ...(isTopLevel || closure.length === 0 ? [] : [scope("Closure", closure)]),
        scope("Globals", globals),
      ],
    };
  }

  /** The notebook's variables while no cell is stopped. */
  async #inspectVariables(): Promise<Body> {
    return this.#connected(async () => {
      if (this.#stopped === null) this.#variables.clear();
      const { objectId } = await this.#client.reach("variables()");
      const reference = this.#variables.hold(objectId === undefined ? [] : [objectId], {
        callFrameId: this.#callFrame(null),
      });
      return { variables: await this.#variables.list(reference) };
    });
  }

  async #richInspect(request: DapRequest): Promise<Body> {
    const { variableName: given, frameId } = argumentSchemas.richInspectVariables.parse(
      request.arguments,
    );
    const expression = `${HOOK}.bundle(${variableName(given)})`;
    return this.#connected(async () => {
      const found = await this.#client.evaluate(expression, this.#callFrame(frameId), {
        returnByValue: true,
      });
      return { data: found.value as unknown, metadata: {} };
    });
  }

  /** Queries the cells' thread, connecting first if debugging has not started. */
  async #connected<T>(ask: () => Promise<T>): Promise<T> {
    if (this.#isStarted) return ask();
    this.#client.connect();
    try {
      return await ask();
    } finally {
      if (!this.#isStarted) this.#client.disconnect();
    }
  }

  #emit(event: string, body: Body): void {
    this.#options.emit({ type: "event", seq: ++this.#seq, event, body });
  }
}
