import { receiveMessageOnPort } from "node:worker_threads";
import type { MessagePort } from "node:worker_threads";
import { FLAG } from "./flags";

/** How often a thread that waits for an answer looks whether it should stop, in milliseconds. */
const LOOK_MS = 40;

interface Question {
  readonly prompt: string;
  readonly password: boolean;
  readonly resolve: (value: string) => void;
}

/** What {@link UserInput} is made of. */
export interface UserInputOptions {
  readonly flags: Int32Array;
  /** Where the answers come, which a thread that stands still can read too. */
  readonly answers: MessagePort;
  /** Asks the frontend. */
  readonly request: (prompt: string, password: boolean) => void;
}

/**
 * The questions of a cell, put to the user one after another: a frontend shows one field, and its
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

  /** Whether the frontend of the running cell has a user to ask. */
  get isAllowed(): boolean {
    return this.#allowed;
  }

  /** @param allowed whether the frontend can ask */
  beginCell(allowed: boolean): void {
    this.#allowed = allowed;
  }

  /** Forgets what was asked: nobody waits for it any more. */
  endCell(): void {
    this.#allowed = false;
    this.#questions = [];
  }

  /** The user's answer; `null` where nobody can be asked. */
  ask(prompt: string, password: boolean): Promise<string> | null {
    if (!this.#allowed) return null;
    return new Promise((resolve) => this.#put({ prompt, password, resolve }));
  }

  /**
   * The user's answer, with everything else at a stop until it is there.
   *
   * @returns `null` where nobody can be asked, or when the user stops the cell
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
        // Seen: nothing needs to be broken into.
        Atomics.add(flags, FLAG.seen, 1);
        return null;
      } else {
        Atomics.wait(flags, FLAG.answered, before, LOOK_MS);
      }
    }
    return answer;
  }

  /** Takes what the user typed. */
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
