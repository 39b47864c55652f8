import { CellInterrupted } from "./interruption";
import { watchTfjsEngine } from "./tfjsRecovery";

/** How code ended: with a value, or by throwing anything at all. */
export type Outcome =
  | { readonly threw: false; readonly value: unknown }
  | { readonly threw: true; readonly thrown: unknown };

/** Runs the user's code, a cell or what shows its value, so that a stop ends it wherever it is. */
export class Guard {
  readonly #isStopRequested: () => boolean;
  #end: ((thrown: unknown, isFinal?: boolean) => void) | null = null;

  /** @param isStopRequested whether the user has asked the cell to stop */
  constructor(isStopRequested: () => boolean) {
    this.#isStopRequested = isStopRequested;
  }

  /** @param start returns a promise where the code goes on after its first turn */
  async run(start: () => Promise<unknown> | null): Promise<Outcome> {
    const outcome = await new Promise<Outcome>((resolve) => {
      let last: Outcome;
      let wasBroken = false;
      const end = (outcome: Outcome, isFinal = false): void => {
        if (!wasBroken) last = outcome;
        wasBroken ||= isFinal;
        // On a turn of its own: with code that is broken into, V8 drops the reactions of promises that
        // wait behind it, and the one that goes on here would be among them.
        setImmediate(() => resolve(last));
      };
      const fail = (thrown: unknown, isFinal = false): void => {
        const isStop = this.#isStopOfChild(thrown);
        end({ threw: true, thrown: isStop ? new CellInterrupted() : thrown }, isFinal);
      };
      const done = (value?: unknown): void => end({ threw: false, value });
      this.#end = fail;
      // On a stack of its own: breaking into the code must not unwind what waits for it.
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

  /** Ends what runs by an error, unless it ends by itself in this turn. */
  end(error: Error): void {
    this.#end?.(error);
  }

  /** The same for code that is broken into: whatever else is told of it, this is how it ended. */
  breakOff(error: CellInterrupted): void {
    this.#end?.(error, true);
  }

  /** Throws where the user has asked the cell to stop. */
  checkStop(): void {
    if (this.#isStopRequested()) throw new CellInterrupted();
  }

  /** Lets a stop pass a `catch` of a cell's, which is meant for errors. */
  caught(thrown: unknown): void {
    if (thrown instanceof CellInterrupted) throw thrown;
    if (this.#isStopOfChild(thrown)) throw new CellInterrupted();
  }

  /** Whether a synchronous child ended because the cell was stopped, as `execSync` tells it. */
  #isStopOfChild(thrown: unknown): boolean {
    return (
      this.#isStopRequested() &&
      thrown instanceof Error &&
      // How it ended is its own affair: by the signal, or with a status of its choice.
      ["pid", "status", "signal", "stderr"].every((name) => name in thrown)
    );
  }
}
