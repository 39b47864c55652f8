import type { Guard } from "./guard";
import type { Interruption } from "./interruption";
import type { StackTraces } from "./stackTraces";

/** What compiled code, of cells and of project files, calls so that a stop can end it. */
export interface StopCalls {
  /** In place of each `await`'s operand. */
  readonly awaited: <T>(pending: T) => Promise<Awaited<T>>;
  /** In place of each `for await`'s iterable. */
  readonly iterated: <T>(source: AsyncIterable<T> | Iterable<T>) => AsyncIterable<T>;
  /** At the start of each `catch`. */
  readonly rethrowStop: (thrown: unknown) => void;
}

/** The calls of one session; the stacks of errors that are awaited get the line of the `await`. */
export function stopCalls(
  guard: Guard,
  interruption: Interruption,
  stacks: StackTraces,
): StopCalls {
  const addCallSite = (waiting: (...args: never[]) => unknown): ((error: unknown) => void) => {
    const here = stacks.here(waiting);
    return (error) => stacks.addAwait(error, here);
  };
  const calls: StopCalls = {
    awaited: (pending) => interruption.awaited(pending, addCallSite(calls.awaited)),
    iterated: (source) => interruption.iterated(source, addCallSite(calls.iterated)),
    rethrowStop: (thrown) => guard.rethrowStop(thrown),
  };
  return calls;
}
