import { receiveMessageOnPort } from "node:worker_threads";
import type { MessagePort } from "node:worker_threads";
import { FLAG } from "./flags";

/** How often a thread waiting for an answer checks whether it should stop, in milliseconds. */
const POLL_MS = 40;

interface Question {
  readonly prompt: string;
  readonly password: boolean;
  readonly resolve: (value: string) => void;
}

/** Options of {@link UserInput}. */
export interface UserInputOptions {
  readonly flags: Int32Array;
  /** The port for answers, which a blocked thread can also read. */
  readonly answers: MessagePort;
  /** Asks the frontend. */
  readonly request: (prompt: string, password: boolean) => void;
}

/**
 * Puts a cell's questions to the user one after another: a frontend shows one input field, and its
 * answers do not say which question they belong to.
 */
export class UserInput {
  readonly #options: UserInputOptions;
  #questions: Question[] = [];
  #allowed = false;

  constructor(options: UserInputOptions) {
    this.#options = options;
    options.answers.on("message", (value: string) => this.#answer(value));
  }

  /** Whether the running cell's frontend can ask the user. */
  get isAllowed(): boolean {
    return this.#allowed;
  }

  /** @param allowed whether the frontend accepts input requests */
  beginCell(allowed: boolean): void {
    this.#allowed = allowed;
  }

  /** Drops pending questions, which are no longer awaited. */
  endCell(): void {
    this.#allowed = false;
    this.#questions = [];
  }

  /** The user's answer; `null` if the user cannot be asked. */
  ask(prompt: string, password: boolean): Promise<string> | null {
    if (!this.#allowed) return null;
    return new Promise((resolve) => this.#put({ prompt, password, resolve }));
  }

  /**
   * The user's answer; blocks the thread until it arrives.
   *
   * @returns `null` if the user cannot be asked, or stops the cell
   */
  askAndWait(prompt: string): string | null {
    if (!this.#allowed) return null;
    const { flags, answers } = this.#options;
    let answer: string | null = null;
    this.#put({ prompt, password: false, resolve: (value) => (answer = value) });
    while (answer === null) {
      const before = Atomics.load(flags, FLAG.answered);
      const received = receiveMessageOnPort(answers);
      if (received !== undefined) {
        this.#answer(received.message as string);
      } else if (Atomics.load(flags, FLAG.requested) === 1) {
        // The stop has been seen, so no code needs to be terminated.
        Atomics.add(flags, FLAG.seen, 1);
        return null;
      } else {
        Atomics.wait(flags, FLAG.answered, before, POLL_MS);
      }
    }
    return answer;
  }

  /** Handles what the user typed. */
  #answer(value: string): void {
    const [question, next] = this.#questions;
    if (question === undefined) return;
    this.#questions.shift();
    question.resolve(value);
    if (next !== undefined) this.#options.request(next.prompt, next.password);
  }

  #put(question: Question): void {
    this.#questions.push(question);
    if (this.#questions.length > 1) return;
    this.#options.request(question.prompt, question.password);
  }
}
