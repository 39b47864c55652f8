import { writeSync } from "node:fs";
import { dirname, sep } from "node:path";
import { DEBUG_FD, toLine } from "../session/channel";
import type { Command, SessionMessage } from "../session/channel";
import { FLAG } from "../session/flags";
import type { DebugAdapter } from "./DebugAdapter";

type DebugCommand = Extract<Command, { readonly type: "debug" }>;

function send(message: SessionMessage): void {
  writeSync(DEBUG_FD, toLine(message));
}

/**
 * Debugging on the session's second thread: handles requests in order and sends events and responses
 * over a separate pipe. The adapter is loaded on the first request.
 */
export class DebugThread {
  readonly #flags: Int32Array;
  #adapter: DebugAdapter | null = null;
  #queue: Promise<void> = Promise.resolve();

  constructor(flags: Int32Array) {
    this.#flags = flags;
  }

  /** Whether a cell is stopped at a breakpoint. */
  get isPaused(): boolean {
    return this.#adapter?.isPaused ?? false;
  }

  handle({ id, request }: DebugCommand): void {
    this.#queue = this.#queue.then(async () => {
      const response = await (await this.#load()).handle(request);
      send({ type: "answer", id, answer: { type: "debugged", response } });
    });
  }

  /** Sets the breakpoints of a script that is about to run. */
  async prepare(script: string): Promise<void> {
    // The cell runs even if a breakpoint could not be set.
    await this.#adapter?.prepare(script).catch(() => undefined);
  }

  resume(options: { readonly terminate: boolean }): void {
    void this.#adapter?.resume(options).catch(() => undefined);
  }

  async #load(): Promise<DebugAdapter> {
    if (this.#adapter !== null) return this.#adapter;
    const { DebugAdapter } = await import("./DebugAdapter");
    this.#adapter = new DebugAdapter({
      kernelFolder: dirname(process.argv[1] ?? __filename) + sep,
      emit: (event) => send({ type: "output", output: { type: "debugEvent", event } }),
      onStarted: (isStarted) => Atomics.store(this.#flags, FLAG.debugging, isStarted ? 1 : 0),
    });
    return this.#adapter;
  }
}
