import { readFile } from "node:fs/promises";

/** The texts that a frontend can request: cells it has sent, and the user's files. */
export class Sources {
  readonly #cells = new Map<string, string>();

  /** Stores a cell's code and returns its path. */
  dump(path: string, code: string): string {
    this.#cells.set(path, code);
    return path;
  }

  /** @throws the system's error if there is no such file */
  async read(path: string): Promise<string> {
    return this.#cells.get(path) ?? readFile(path, "utf8");
  }
}
