import { Readable, Writable } from "node:stream";
import { StringDecoder } from "node:string_decoder";
import type { CellInterrupted } from "./interruption";
import { sendOutput } from "./outbox";
import { ReadlineQuestions } from "./readlineQuestions";

/**
 * A standard stream of the session. It never closes: `pipeline` ends the stream that it writes to,
 * and every later cell and child process would then write to a closed pipe.
 */
class CellOutput extends Writable {
  readonly fd: number;
  /** Whether the text so far ends in the middle of a line, like a prompt. */
  isInLine = false;
  readonly #name: "stdout" | "stderr";
  // A pipe may split a child's text anywhere, even within a character.
  readonly #decoder = new StringDecoder("utf8");

  constructor(name: "stdout" | "stderr") {
    super({ decodeStrings: false, autoDestroy: false, emitClose: false });
    this.#name = name;
    this.fd = name === "stdout" ? 1 : 2;
  }

  override _write(
    chunk: string | Buffer,
    encoding: BufferEncoding | "buffer",
    done: () => void,
  ): void {
    const isText = typeof chunk === "string" && /^utf-?8$/i.test(encoding);
    const text = isText
      ? chunk
      : this.#decoder.write(
          typeof chunk === "string" ? Buffer.from(chunk, encoding as BufferEncoding) : chunk,
        );
    if (text !== "") {
      sendOutput({ type: "stream", name: this.#name, text });
      this.isInLine = !text.endsWith("\n");
      this.emit("text");
    }
    done();
  }

  override end(...args: unknown[]): this {
    const done = args.find((arg) => typeof arg === "function") as (() => void) | undefined;
    const [chunk, encoding] = args.filter((arg) => typeof arg !== "function");
    if (chunk !== undefined && chunk !== null) {
      this.write(chunk, (encoding as BufferEncoding | undefined) ?? "utf8");
    }
    process.nextTick(() => {
      this.emit("finish");
      done?.();
    });
    return this;
  }

  override destroy(): this {
    return this;
  }
}

/** Resolves to a line typed by the user; returns `null` if the user cannot be asked now. */
type Ask = () => Promise<string> | null;

/** Reads lines that the user types; see {@link replaceStreams}. */
class CellInput extends Readable {
  readonly fd = 0;
  readonly isTTY = false;
  readonly #ask: Ask;
  readonly #output: CellOutput;
  #isWanted = false;
  #isAsking = false;
  #questions: ReadlineQuestions | null = null;

  constructor(ask: Ask, output: CellOutput) {
    super({ autoDestroy: false, emitClose: false, encoding: "utf8" });
    this.#ask = ask;
    this.#output = output;
    this.on("resume", () => this.#askSoon());
    // A readline interface left open by an earlier cell asks again when a prompt is printed.
    output.on("text", () => {
      if (output.isInLine) this.#askSoon();
    });
  }

  /** Drops pending reads when their cell has ended; `stop` is what stopped it, or `null`. */
  endCell(stop: CellInterrupted | null): void {
    this.#isAsking = false;
    if (stop !== null) this.#questions?.cancel(stop);
  }

  /** A readline interface calls it before it can ask anything. */
  override resume(): this {
    this.#questions ??= new ReadlineQuestions();
    return super.resume();
  }

  override _read(): void {
    this.#isWanted = true;
    this.#askSoon();
  }

  override destroy(): this {
    return this;
  }

  /** Asks after the current code has printed its prompt, or has closed the interface. */
  #askSoon(): void {
    setImmediate(() => {
      if (!this.#isWanted || this.#isAsking || this.isPaused()) return;
      const asked = this.#ask();
      this.#isAsking = asked !== null;
      void asked?.then((line) => {
        this.#isAsking = false;
        this.#isWanted = false;
        // The user's input ends the prompt's line.
        this.#output.isInLine = false;
        this.push(`${line}\n`);
      });
    });
  }
}

/**
 * Replaces the process's standard streams by the session's: what JavaScript prints goes to the running
 * cell; what it reads from `process.stdin` (`readline`'s `question`) is asked of the user.
 *
 * @returns a function to call when a cell has ended
 */
export function replaceStreams(ask: Ask): {
  readonly endCell: (stop: CellInterrupted | null) => void;
} {
  const stdout = new CellOutput("stdout");
  const stderr = new CellOutput("stderr");
  const stdin = new CellInput(ask, stdout);
  for (const [name, value] of Object.entries({ stdout, stderr, stdin })) {
    Object.defineProperty(process, name, { value, configurable: true, enumerable: true });
  }
  return { endCell: (stop) => stdin.endCell(stop) };
}
