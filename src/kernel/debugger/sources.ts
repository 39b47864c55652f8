import { readFile } from "node:fs/promises";

/** The texts that a frontend can ask for: cells that it has shown to us, and the user's files. */
export class Sources {
  readonly #cells = new Map<string, string>();

  /** Keeps a cell's code; returns its path. */
  dump(path: string, code: string): string {
    this.#cells.set(path, code);
    return path;
  }

  /** @throws the system's error where there is no such file */
  async read(path: string): Promise<string> {
    return this.#cells.get(path) ?? readFile(path, "utf8");
  }
}
