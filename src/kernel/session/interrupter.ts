import { Session } from "node:inspector";
import type { Runtime } from "node:inspector";
import { BREAK_IN_NAME } from "./breakIn";
import type { BreakInResult, StopTarget } from "./breakIn";
import { FLAG } from "./flags";
import { killGroup } from "./processGroup";

/** How long the cells' thread gets to answer before its code is broken into. */
const PATIENCE_MS = 100;
/** How often that is tried again while the kernel's own work is at hand. */
const RETRY_MS = 50;
/** A thread that does not answer for so long may wait for a child. */
const CHILD_MS = 300;
/** A second stop this long after the first is meant: a section that does not end is broken into. */
const INSISTS_MS = 1000;

/** What {@link Interrupter} is made of. */
export interface InterrupterOptions {
  readonly flags: Int32Array;
  /** Asks the cells' thread to end what waits. */
  readonly ask: () => void;
  readonly debug: {
    /** Whether the cells' thread stands at a breakpoint. */
    readonly isPaused: boolean;
    /** Lets it go on, or ends the code that stands there. */
    readonly resume: (options: { readonly terminate: boolean }) => void;
  };
}

interface Wanted {
  readonly target: StopTarget;
  /** Whether a section, too, is broken into. */
  readonly insists: boolean;
}

/**
 * The stop button, as seen from the thread that reads commands.
 *
 * First the flag is raised. A section that polls it (a training) is left to end by itself. Else the
 * cells' thread is asked, which ends a cell that waits; if it does not even answer, it is in a loop,
 * of the running cell or of a callback that an earlier one has left, and is broken into.
 */
export class Interrupter {
  readonly #options: InterrupterOptions;
  /** The first stop of the turn at hand. */
  #first: { readonly turn: number; readonly at: number } | null = null;
  /** What is to be broken into; `null` where nothing is. */
  #wanted: Wanted | null = null;

  constructor(options: InterrupterOptions) {
    this.#options = options;
  }

  /** @param passed the last turn that the cells' thread was given */
  press(passed: number): void {
    const { flags, ask, debug } = this.#options;
    // A cell that has not begun, since the thread is loading or in a loop, ends as it would begin.
    Atomics.store(flags, FLAG.stopped, passed);
    const isRunning = Atomics.load(flags, FLAG.running) === 1;
    const inSection = Atomics.load(flags, FLAG.sections) > 0;
    if (isRunning || inSection) Atomics.store(flags, FLAG.requested, 1);
    // After the flag: a child that ends now ends by the stop.
    if (isRunning) killGroup(process.pid, "SIGINT");
    const target = { turn: Atomics.load(flags, FLAG.turn), seen: Atomics.load(flags, FLAG.seen) };
    const insists = this.#insists(target.turn) || debug.isPaused;
    if (inSection && !insists) return;
    if (debug.isPaused) return this.#want(target, insists);
    ask();
    setTimeout(() => this.#want(target, insists), PATIENCE_MS);
  }

  /** Whether the user has asked for the same before and it did not come. */
  #insists(turn: number): boolean {
    const now = performance.now();
    if (this.#first?.turn !== turn) this.#first = { turn, at: now };
    return now - this.#first.at >= INSISTS_MS;
  }

  #want(target: StopTarget, insists: boolean): void {
    const isAtWork = this.#wanted !== null;
    this.#wanted = { target, insists };
    if (!isAtWork) void this.#breakIn();
  }

  async #breakIn(): Promise<void> {
    const { debug } = this.#options;
    while (this.#wanted !== null && this.#isNeeded(this.#wanted)) {
      const { target } = this.#wanted;
      const { isPaused } = debug;
      // So does the callback of a cell that has ended: then children end that were left alone so far.
      const timer = setTimeout(() => killGroup(process.pid, "SIGINT"), CHILD_MS);
      const result = await attempt(target, isPaused);
      clearTimeout(timer);
      if (isPaused) debug.resume({ terminate: result === "broken" });
      if (result !== "busy" && this.#wanted.target === target) break;
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
    this.#wanted = null;
  }

  #isNeeded({ target, insists }: Wanted): boolean {
    const { flags } = this.#options;
    if (Atomics.load(flags, FLAG.seen) !== target.seen) return false;
    return insists || Atomics.load(flags, FLAG.sections) === 0;
  }
}

/** Calls the `BreakIn` of the cells' thread, on top of what that is doing. */
async function attempt(target: StopTarget, isPaused: boolean): Promise<BreakInResult> {
  const inspector = new Session();
  const call = `attempt(${JSON.stringify(target)}, ${isPaused})`;
  // Named as Node's own, so that no stack shows it.
  const source = "\n//# sourceURL=node:layerbook";
  const expression = `globalThis[Symbol.for(${JSON.stringify(BREAK_IN_NAME)})].${call}${source}`;
  try {
    inspector.connectToMainThread();
    return await new Promise<BreakInResult>((resolve) => {
      const params = { expression, returnByValue: true, silent: true };
      inspector.post(
        "Runtime.evaluate",
        params,
        (_error: Error | null, answer?: Runtime.EvaluateReturnType) => {
          const value: unknown = answer?.result.value;
          // Without one, the thread has not yet loaded what is called.
          resolve(value === "broken" || value === "late" ? value : "busy");
        },
      );
    });
  } catch {
    return "busy";
  } finally {
    inspector.disconnect();
  }
}
