/** What a stopped cell throws. */
export class CellInterrupted extends Error {
  constructor() {
    super("the cell was stopped");
    this.name = "CellInterrupted";
  }
}

/**
 * Lets the stop button end what a cell waits for: each `await` in a cell goes through
 * {@link awaited}, so that the cell's code ends there and its `finally` blocks run.
 */
export class Interruption {
  readonly #waiting = new Set<(error: CellInterrupted) => void>();

  /**
   * `value`'s outcome, or a rejection if the user stops the cell first.
   *
   * @param onError called with a rejection of `value` before the cell sees it
   */
  awaited<T>(value: T, onError?: (error: unknown) => void): Promise<Awaited<T>> {
    return new Promise<Awaited<T>>((resolve, reject) => {
      this.#waiting.add(reject);
      const pending = Promise.resolve(value);
      if (onError !== undefined) pending.catch(onError);
      pending.then(resolve, reject).finally(() => this.#waiting.delete(reject));
    });
  }

  /**
   * The iterable of a cell's `for await`: `source`, with steps that can be stopped. A stopped source's
   * iterator is closed, so that its timers and streams end.
   */
  iterated<T>(
    source: AsyncIterable<T> | Iterable<T | PromiseLike<T>>,
    onError?: (error: unknown) => void,
  ): AsyncIterable<T> {
    const isAsync = Symbol.asyncIterator in Object(source);
    // If it is not iterable, the loop itself throws the error.
    if (!isAsync && !(Symbol.iterator in Object(source))) return source as AsyncIterable<T>;
    return {
      [Symbol.asyncIterator]: () => {
        const inner = isAsync
          ? (source as AsyncIterable<T>)[Symbol.asyncIterator]()
          : valuesOf(source as Iterable<T | PromiseLike<T>>);
        return {
          next: async () => {
            try {
              return await this.awaited(inner.next(), onError);
            } catch (error) {
              if (error instanceof CellInterrupted) closeIterator(inner);
              throw error;
            }
          },
          return: async (value?: T) =>
            (await inner.return?.(value)) ?? { done: true, value: undefined },
        };
      },
    };
  }

  /** Ends every wait. */
  interrupt(): void {
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const reject of waiting) reject(new CellInterrupted());
  }
}

/** The values of a plain iterable, with promises awaited as `for await` does. */
async function* valuesOf<T>(source: Iterable<T | PromiseLike<T>>): AsyncGenerator<T> {
  for (const value of source) yield await value;
}

/** Closes an iterator that is no longer used. */
function closeIterator<T>(iterator: AsyncIterator<T>): void {
  void Promise.resolve(iterator.return?.()).catch(() => undefined);
}
