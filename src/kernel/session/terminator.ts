import { Session } from "node:inspector";
import { CellInterrupted } from "./interruption";

/** The name by which the command thread finds the {@link Terminator} when it evaluates in the cells' thread. */
export const TERMINATOR_NAME = "layerbook.terminator";

/**
 * The result of an attempt: the code was terminated; the thread was idle or in the kernel's own code; or
 * what the stop was meant for had already ended.
 */
export type TerminationResult = "terminated" | "busy" | "late";

/** What a stop was meant for. */
export interface StopTarget {
  /** The current turn, or the last one. */
  readonly turn: number;
  /** How many stops the cells' thread had seen before this one. */
  readonly seen: number;
}

/** Options of {@link Terminator}. */
export interface TerminatorOptions {
  /** The kernel's own script. */
  readonly script: string;
  readonly isCurrent: (target: StopTarget) => boolean;
  /** Called before the code is terminated, with an error whose stack shows where it is. */
  readonly onTerminate: (error: CellInterrupted) => void;
}

/**
 * Terminates JavaScript that keeps the cells' thread busy. The command thread calls {@link attempt}
 * through the inspector, which V8 runs on top of the current stack. The stack therefore shows whether
 * that is the user's code, and only that is terminated.
 */
export class Terminator {
  readonly #options: TerminatorOptions;
  /** The kernel's own files: those loaded before the first cell. The build may split them in any way. */
  readonly #kernelFiles: ReadonlySet<string>;
  #inspector: Session | null = null;
  /** From 1: until {@link loaded}, everything is the kernel's own work. */
  #protected = 1;

  constructor(options: TerminatorOptions) {
    this.#options = options;
    this.#kernelFiles = new Set([options.script, __filename, ...Object.keys(require.cache)]);
    Object.defineProperty(globalThis, Symbol.for(TERMINATOR_NAME), { value: this });
  }

  /** Called once, when the session has loaded. */
  loaded(): void {
    this.#protected--;
  }

  /** Runs the kernel's own work, which must not be terminated halfway. */
  protect<T>(work: () => T): T {
    this.#protected++;
    try {
      return work();
    } finally {
      this.#protected--;
    }
  }

  /**
   * Terminates the code below this call, if it is the user's.
   *
   * @param isPaused whether it is stopped at a breakpoint: the debugger then ends it as it resumes
   */
  attempt(target: StopTarget, isPaused: boolean): TerminationResult {
    if (!this.#options.isCurrent(target)) return "late";
    if (this.#protected > 0 || !this.#isUsersCode()) return "busy";
    this.#options.onTerminate(new CellInterrupted());
    if (!isPaused) this.#terminate();
    return "terminated";
  }

  /** Whether code that is neither the kernel's nor Node's is on the stack. */
  #isUsersCode(): boolean {
    return callSites().some((site) => {
      const name = site.getFileName() ?? site.getScriptNameOrSourceURL() ?? "";
      const isOwn = this.#kernelFiles.has(name) || name.startsWith("node:");
      // A built-in function has no line number.
      return site.getLineNumber() !== null && !isOwn;
    });
  }

  #terminate(): void {
    if (this.#inspector === null) {
      this.#inspector = new Session();
      this.#inspector.connect();
    }
    this.#inspector.post("Runtime.terminateExecution");
  }
}

function callSites(): readonly NodeJS.CallSite[] {
  const { prepareStackTrace, stackTraceLimit } = Object.getOwnPropertyDescriptors(Error);
  const before = { prepareStackTrace, stackTraceLimit } as PropertyDescriptorMap;
  const holder: { stack?: unknown } = {};
  Error.stackTraceLimit = Infinity;
  Error.prepareStackTrace = (_error, sites) => sites;
  try {
    Error.captureStackTrace(holder, callSites);
    return holder.stack as readonly NodeJS.CallSite[];
  } finally {
    Object.defineProperties(Error, before);
  }
}
