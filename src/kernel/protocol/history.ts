import { appendFileSync, mkdirSync, readFileSync } from "node:fs";
import { dirname } from "node:path";
import * as z from "zod";
import { writeWholeSync } from "../../files/writeWhole";
import type { Request } from "./requests";

const entrySchema = z.object({
  session: z.int(),
  line: z.int(),
  code: z.string(),
  output: z.string().nullable(),
  /** The notebook it ran in; absent in files written by earlier versions. */
  notebook: z.string().optional(),
});

/** One executed cell: its session, execution count, code, and result as text. */
export type HistoryEntry = z.infer<typeof entrySchema>;

/** How many entries the file holds: enough to search, not an archive. */
const MAX_ENTRIES = 10_000;

/** A wildcard pattern as the protocol defines it: `*` is any text, `?` one character. */
function globToRegExp(pattern: string): RegExp {
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, "\\$&")
    .replaceAll("*", ".*")
    .replaceAll("?", ".");
  return new RegExp(`^${source}$`, "s");
}

/**
 * The cells executed in this session and earlier ones, in a file of JSON lines.
 *
 * If the file cannot be read or written, cells still run and the history is held in memory.
 */
export class History {
  readonly #entries: HistoryEntry[] = [];
  readonly #file: string | null;
  readonly #session: number;

  /**
   * @param file the history file, or `null` for memory only
   * @param notebook identifies this notebook
   */
  constructor(
    file: string | null,
    private readonly notebook?: string,
  ) {
    this.#file = file;
    if (file !== null) this.#entries = readEntries(file);
    this.#session = this.#entries.reduce((last, entry) => Math.max(last, entry.session), 0) + 1;
  }

  /** Adds a cell. */
  add(line: number, code: string, output: string | null): void {
    const { notebook } = this;
    const entry = {
      ...{ session: this.#session, line, code, output },
      ...(notebook === undefined ? {} : { notebook }),
    };
    this.#entries.push(entry);
    if (this.#file === null) return;
    try {
      mkdirSync(dirname(this.#file), { recursive: true });
      appendFileSync(this.#file, `${JSON.stringify(entry)}\n`, { mode: 0o600 });
    } catch {
      // The entry is still in memory.
    }
  }

  /** Answers a `history_request`: `[session, line, code]`, or `[…, [code, output]]`. */
  find(request: Request<"history_request">): unknown[][] {
    return this.#select(request).map(({ session, line, code, output }) => [
      session,
      line,
      request.output ? [code, output] : code,
    ]);
  }

  #select(request: Request<"history_request">): HistoryEntry[] {
    const last = <T>(entries: T[]): T[] =>
      typeof request.n === "number"
        ? entries.slice(Math.max(0, entries.length - request.n))
        : entries;
    switch (request.hist_access_type) {
      case "tail":
        return last(this.#entries);
      case "range": {
        const asked = request.session ?? 0;
        // 0 is this session; negative numbers count back from it.
        const session = asked > 0 ? asked : this.#session + asked;
        const start = request.start ?? 0;
        const stop = request.stop ?? Infinity;
        return this.#entries.filter(
          (entry) => entry.session === session && entry.line >= start && entry.line < stop,
        );
      }
      case "search": {
        const pattern = globToRegExp(request.pattern ?? "*");
        const found = this.#entries.filter((entry) => pattern.test(entry.code));
        if (request.unique !== true) return last(found);
        // Each text once, at its latest position.
        const newest = new Map(found.map((entry) => [entry.code, entry]));
        return last(found.filter((entry) => newest.get(entry.code) === entry));
      }
    }
  }
}

function readEntries(file: string): HistoryEntry[] {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch {
    return [];
  }
  const entries = text.split("\n").flatMap((line) => {
    try {
      return [entrySchema.parse(JSON.parse(line))];
    } catch {
      return []; // a line left incomplete by a killed kernel
    }
  });
  if (entries.length <= MAX_ENTRIES) return entries;
  const kept = entries.slice(-MAX_ENTRIES);
  try {
    writeWholeSync(file, kept.map((entry) => `${JSON.stringify(entry)}\n`).join(""), 0o600);
  } catch {
    // The file stays long.
  }
  return kept;
}
