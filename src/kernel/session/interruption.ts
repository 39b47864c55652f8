/** What a stopped cell throws. */
export class CellInterrupted extends Error {
  constructor() {
    super("the cell was stopped");
    this.name = "CellInterrupted";
  }
}

/**
 * Lets a stop button end what a cell waits for: each `await` in a cell's code goes through
 * {@link awaited}, so that the cell's own code ends there, its `finally` blocks included.
 */
export class Interruption {
  readonly #waiting = new Set<(error: CellInterrupted) => void>();

  /** `value`'s outcome, or a rejection when the user stops the cell first. */
  awaited<T>(value: T): Promise<Awaited<T>> {
    return new Promise<Awaited<T>>((resolve, reject) => {
      this.#waiting.add(reject);
      Promise.resolve(value)
        .then(resolve, reject)
        .finally(() => this.#waiting.delete(reject));
    });
  }

  /** Ends every wait. */
  interrupt(): void {
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const reject of waiting) reject(new CellInterrupted());
  }
}
