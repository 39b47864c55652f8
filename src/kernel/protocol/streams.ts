/** How long text waits to be joined with more of the same stream, in milliseconds. */
const LINGER_MS = 20;
/** The size at which text is sent at once. */
const FULL = 64 * 1024;

/** A cell's standard streams. */
export type StreamName = "stdout" | "stderr";

/**
 * Joins small writes into a few messages: a loop that prints a million lines must not send a
 * million messages. The order between the two streams is preserved.
 */
export class StreamBuffer {
  #name: StreamName = "stdout";
  #parts: string[] = [];
  #size = 0;
  #timer: NodeJS.Timeout | null = null;

  /** @param publish sends one message */
  constructor(private readonly publish: (name: StreamName, text: string) => void) {}

  /** Queues text, in order. */
  write(name: StreamName, text: string): void {
    if (text === "") return;
    if (name !== this.#name) this.flush();
    this.#name = name;
    this.#parts.push(text);
    this.#size += text.length;
    if (this.#size >= FULL) this.flush();
    else this.#timer ??= setTimeout(() => this.flush(), LINGER_MS);
  }

  /** Sends queued text; called before any other message of the cell. */
  flush(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    if (this.#parts.length === 0) return;
    const text = this.#parts.join("");
    this.#parts = [];
    this.#size = 0;
    this.publish(this.#name, text);
  }
}
