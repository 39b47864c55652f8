import { Session } from "node:inspector";
import { CellInterrupted } from "./interruption";

/** How the reading thread names a {@link BreakIn} when it evaluates in the cells' thread. */
export const BREAK_IN_NAME = "layerbook.breakIn";

/**
 * What became of an attempt: the code ends; the kernel's own work is at hand, or nothing at all; or
 * the stop came too late, since what it was meant for has ended.
 */
export type BreakInResult = "broken" | "busy" | "late";

/** What a stop was meant for. */
export interface StopTarget {
  /** The turn that ran, or the last one. */
  readonly turn: number;
  /** How many stops the cells' thread had heard of before this one. */
  readonly seen: number;
}

/** What {@link BreakIn} is made of. */
export interface BreakInOptions {
  /** The kernel's own script. */
  readonly script: string;
  readonly isCurrent: (target: StopTarget) => boolean;
  /** Told before the code ends, with an error whose stack is where it stands. */
  readonly onBreak: (error: CellInterrupted) => void;
}

/**
 * Ends JavaScript that keeps the cells' thread busy. The reading thread calls {@link attempt} through
 * the inspector, which V8 runs on top of whatever the thread is doing: so the stack says whether
 * that is the user's code, and nothing else can be hit.
 */
export class BreakIn {
  readonly #options: BreakInOptions;
  #inspector: Session | null = null;
  #protected = 0;

  constructor(options: BreakInOptions) {
    this.#options = options;
    Object.defineProperty(globalThis, Symbol.for(BREAK_IN_NAME), { value: this });
  }

  /** Does work of the kernel's own, which would be left half done. */
  protect<T>(work: () => T): T {
    this.#protected++;
    try {
      return work();
    } finally {
      this.#protected--;
    }
  }

  /**
   * Ends the code below this call, if it is the user's.
   *
   * @param isPaused whether it stands at a breakpoint: then the debugger ends it as it lets it go on
   */
  attempt(target: StopTarget, isPaused: boolean): BreakInResult {
    if (!this.#options.isCurrent(target)) return "late";
    if (this.#protected > 0 || !this.#isUsersCode()) return "busy";
    this.#options.onBreak(new CellInterrupted());
    if (!isPaused) this.#terminate();
    return "broken";
  }

  /** Whether code that is neither the kernel's nor Node's is on the stack. */
  #isUsersCode(): boolean {
    const { script } = this.#options;
    return callSites().some((site) => {
      const name = site.getFileName() ?? site.getScriptNameOrSourceURL();
      // A function that is built in has no line.
      return site.getLineNumber() !== null && name !== script && !name?.startsWith("node:");
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
