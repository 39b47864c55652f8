import { Session } from "node:inspector";
import type { Runtime } from "node:inspector";
import { TERMINATOR_NAME } from "./terminator";
import type { TerminationResult, StopTarget } from "./terminator";
import { FLAG } from "./flags";
import { killGroup } from "./processGroup";

/** How long the cells' thread may take to respond before its code is terminated. */
const PATIENCE_MS = 100;
/** How often termination is tried again while the kernel's own code runs. */
const RETRY_MS = 50;
/** A thread that does not respond for this long may be waiting for a child process. */
const CHILD_MS = 300;
/** A second stop this long after the first is deliberate: a section that does not end is terminated. */
const FORCE_AFTER_MS = 1000;

/** Options of {@link Interrupter}. */
export interface InterrupterOptions {
  readonly flags: Int32Array;
  /** Asks the cells' thread to end what it awaits. */
  readonly ask: () => void;
  readonly debug: {
    /** Whether the cells' thread is stopped at a breakpoint. */
    readonly isPaused: boolean;
    /** Lets it continue, or ends the code stopped there. */
    readonly resume: (options: { readonly terminate: boolean }) => void;
  };
}

interface TerminationRequest {
  readonly target: StopTarget;
  /** Whether to terminate even a section that handles stops itself. */
  readonly force: boolean;
}

/**
 * The stop button, handled on the thread that reads commands.
 *
 * First a flag is set. A section that polls it (a training) ends by itself. Otherwise the cells' thread
 * is asked to end what it awaits. If it does not respond, it is in a loop (of the running cell or of a
 * callback left by an earlier one), and that code is terminated.
 */
export class Interrupter {
  readonly #options: InterrupterOptions;
  /** The first stop of the current turn. */
  #first: { readonly turn: number; readonly at: number } | null = null;
  /** The code to terminate; `null` if none. */
  #requested: TerminationRequest | null = null;

  constructor(options: InterrupterOptions) {
    this.#options = options;
  }

  /** @param lastTurn the last turn passed to the cells' thread */
  press(lastTurn: number): void {
    const { flags, ask, debug } = this.#options;
    // A cell that has not started (the thread is loading or in a loop) ends as soon as it starts.
    Atomics.store(flags, FLAG.stopped, lastTurn);
    const isRunning = Atomics.load(flags, FLAG.running) === 1;
    const inSection = Atomics.load(flags, FLAG.sections) > 0;
    if (isRunning || inSection) Atomics.store(flags, FLAG.requested, 1);
    // After setting the flag, so that a child process that ends now is known to end by the stop.
    if (isRunning) killGroup(process.pid, "SIGINT");
    const target = { turn: Atomics.load(flags, FLAG.turn), seen: Atomics.load(flags, FLAG.seen) };
    const force = this.#isForced(target.turn) || debug.isPaused;
    if (inSection && !force) return;
    if (debug.isPaused) return this.#request(target, force);
    ask();
    setTimeout(() => this.#request(target, force), PATIENCE_MS);
  }

  /** Whether the user has already asked for this stop and it had no effect. */
  #isForced(turn: number): boolean {
    const now = performance.now();
    if (this.#first?.turn !== turn) this.#first = { turn, at: now };
    return now - this.#first.at >= FORCE_AFTER_MS;
  }

  #request(target: StopTarget, force: boolean): void {
    const isTerminating = this.#requested !== null;
    this.#requested = { target, force };
    if (!isTerminating) void this.#terminate();
  }

  async #terminate(): Promise<void> {
    const { debug } = this.#options;
    while (this.#requested !== null && this.#isNeeded(this.#requested)) {
      const { target } = this.#requested;
      const { isPaused } = debug;
      // A callback left by an ended cell may also wait for a child process, which is signalled only then.
      const timer = setTimeout(() => killGroup(process.pid, "SIGINT"), CHILD_MS);
      const result = await attempt(target, isPaused);
      clearTimeout(timer);
      if (isPaused) debug.resume({ terminate: result === "terminated" });
      if (result !== "busy" && this.#requested.target === target) break;
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
    this.#requested = null;
  }

  #isNeeded({ target, force }: TerminationRequest): boolean {
    const { flags } = this.#options;
    if (Atomics.load(flags, FLAG.seen) !== target.seen) return false;
    return force || Atomics.load(flags, FLAG.sections) === 0;
  }
}

/** Calls the `BreakIn` of the cells' thread, on top of its current stack. */
async function attempt(target: StopTarget, isPaused: boolean): Promise<TerminationResult> {
  const inspector = new Session();
  const call = `attempt(${JSON.stringify(target)}, ${isPaused})`;
  // A `node:` name hides it from stack traces.
  const source = "\n//# sourceURL=node:layerbook";
  const expression = `globalThis[Symbol.for(${JSON.stringify(TERMINATOR_NAME)})].${call}${source}`;
  try {
    inspector.connectToMainThread();
    return await new Promise<TerminationResult>((resolve) => {
      const params = { expression, returnByValue: true, silent: true };
      inspector.post(
        "Runtime.evaluate",
        params,
        (_error: Error | null, answer?: Runtime.EvaluateReturnType) => {
          const value: unknown = answer?.result.value;
          // No value: the thread has not loaded the function yet.
          resolve(value === "terminated" || value === "late" ? value : "busy");
        },
      );
    });
  } catch {
    return "busy";
  } finally {
    inspector.disconnect();
  }
}
