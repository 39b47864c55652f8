import { CellInterrupted } from "./interruption";
import { watchTfjsEngine } from "./tfjsRecovery";

/** How code ended: with a value, or by throwing anything at all. */
export type Outcome =
  | { readonly threw: false; readonly value: unknown }
  | { readonly threw: true; readonly thrown: unknown };

/** Runs the user's code (a cell, or code that displays its value) so that a stop can end it anywhere. */
export class Guard {
  readonly #isStopRequested: () => boolean;
  #end: ((thrown: unknown, isFinal?: boolean) => void) | null = null;

  /** @param isStopRequested whether the user has asked the cell to stop */
  constructor(isStopRequested: () => boolean) {
    this.#isStopRequested = isStopRequested;
  }

  /** @param start returns a promise if the code is asynchronous */
  async run(start: () => Promise<unknown> | null): Promise<Outcome> {
    const outcome = await new Promise<Outcome>((resolve) => {
      let last: Outcome;
      let wasTerminated = false;
      const end = (outcome: Outcome, isFinal = false): void => {
        if (!wasTerminated) last = outcome;
        wasTerminated ||= isFinal;
        // In a separate turn: when V8 terminates code, it drops the promise reactions queued behind it,
        // including the one that continues here.
        setImmediate(() => resolve(last));
      };
      const fail = (thrown: unknown, isFinal = false): void => {
        const isStop = this.#isStopOfChild(thrown);
        end({ threw: true, thrown: isStop ? new CellInterrupted() : thrown }, isFinal);
      };
      const done = (value?: unknown): void => end({ threw: false, value });
      this.#end = fail;
      // On a separate stack: terminating the code must not unwind its caller.
      setImmediate(() => {
        watchTfjsEngine();
        try {
          const pending = start();
          if (pending === null) done();
          else pending.then(done, (thrown: unknown) => fail(thrown));
        } catch (thrown) {
          fail(thrown);
        }
      });
    });
    this.#end = null;
    return outcome;
  }

  /** Ends the running code with an error, unless it ends by itself in this turn. */
  end(error: Error): void {
    this.#end?.(error);
  }

  /** Ends terminated code with an error that no later result can replace. */
  endTerminated(error: CellInterrupted): void {
    this.#end?.(error, true);
  }

  /** Throws if the user has asked the cell to stop. */
  checkStop(): void {
    if (this.#isStopRequested()) throw new CellInterrupted();
  }

  /** Rethrows a stop in a cell's `catch`, which is meant for errors. */
  rethrowStop(thrown: unknown): void {
    if (thrown instanceof CellInterrupted) throw thrown;
    if (this.#isStopOfChild(thrown)) throw new CellInterrupted();
  }

  /** Whether the error of `execSync` means that a child process ended because the cell was stopped. */
  #isStopOfChild(thrown: unknown): boolean {
    return (
      this.#isStopRequested() &&
      thrown instanceof Error &&
      // The child may have died from the signal or exited with any status.
      ["pid", "status", "signal", "stderr"].every((name) => name in thrown)
    );
  }
}
