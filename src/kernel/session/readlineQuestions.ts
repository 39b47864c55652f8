import readline from "node:readline";
import promises from "node:readline/promises";
import type { CellInterrupted } from "./interruption";

type Question = (this: object, query: string, ...rest: readonly unknown[]) => unknown;

/**
 * Cancels the questions that readline interfaces still wait for when a cell is stopped. Without it, an
 * interface would wait for the first question's answer forever, and answer no other question.
 */
export class ReadlineQuestions {
  #controller = new AbortController();

  constructor() {
    for (const prototype of [readline.Interface.prototype, promises.Interface.prototype]) {
      this.#addSignal(prototype as unknown as { question: Question });
    }
  }

  /** @param reason the `cause` of the error that a cancelled question throws */
  cancel(reason: CellInterrupted): void {
    const cancelled = this.#controller;
    this.#controller = new AbortController();
    cancelled.abort(reason);
  }

  /** Gives every question an abort signal, beside the caller's own. */
  #addSignal(prototype: { question: Question }): void {
    const { question } = prototype;
    const signals = (own: AbortSignal | undefined): AbortSignal =>
      AbortSignal.any([this.#controller.signal, ...(own === undefined ? [] : [own])]);
    const patched: Question = function (query, ...rest) {
      const [first, ...others] = rest;
      const hasOptions = typeof first === "object" && first !== null;
      const options = hasOptions ? (first as { readonly signal?: AbortSignal }) : {};
      const withSignal = { ...options, signal: signals(options.signal) };
      const callbacks = hasOptions || first === undefined ? others : rest;
      return question.call(this, query, withSignal, ...callbacks);
    };
    // `util.promisify` of it has its own implementation, as a property.
    prototype.question = Object.assign(
      patched,
      Object.fromEntries(
        Object.getOwnPropertySymbols(question).map((key) => [
          key,
          (question as unknown as Record<symbol, unknown>)[key],
        ]),
      ),
    );
  }
}
