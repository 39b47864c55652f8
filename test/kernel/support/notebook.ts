import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import type { CellError, SessionOutput } from "../../../src/kernel/session/channel";
import { SessionProcess, sessionCommand } from "../../../src/kernel/protocol/sessionProcess";
import { findSnapshot } from "../../../src/kernel/snapshot/snapshotFile";
import { KERNEL_NODE, KERNEL_SCRIPT, PACKAGE_ROOT } from "./kernelScript";

/** The result of a cell. */
export interface CellRun {
  readonly error: CellError | null;
  /** The value's text, if one was shown. */
  readonly value: string | null;
  readonly outputs: readonly SessionOutput[];
  readonly payload: readonly unknown[];
  readonly userExpressions: Readonly<Record<string, unknown>>;
}

/** A notebook in its own folder, whose cells run in the built kernel's session process. */
export class Notebook {
  readonly folder = mkdtempSync(join(tmpdir(), "notebook-"));
  readonly session: SessionProcess;
  readonly #outputs: SessionOutput[] = [];
  #seen: { readonly text: string; readonly resolve: () => void } | null = null;
  #count = 0;
  /** The user's answer to questions; `undefined` for a user who does not answer, `null` for a frontend that cannot ask. */
  typed: string | null | undefined = null;

  constructor(
    options: {
      readonly strict?: boolean;
      readonly inside?: string;
      readonly env?: NodeJS.ProcessEnv;
    } = {},
  ) {
    const { strict = false, inside = ".", env } = options;
    const cwd = join(this.folder, inside);
    mkdirSync(cwd, { recursive: true });
    this.session = new SessionProcess({
      ...sessionCommand({
        ...{ folder: dirname(KERNEL_SCRIPT), strict, node: KERNEL_NODE },
        // A snapshot works only with the Node that built it.
        snapshot: KERNEL_NODE === process.execPath ? findSnapshot(PACKAGE_ROOT) : null,
      }),
      cwd,
      ...(env === undefined ? {} : { env: { ...process.env, ...env } }),
    });
    this.session.onOutput = (output) => {
      this.#outputs.push(output);
      if (output.type === "inputRequest" && typeof this.typed === "string") {
        this.session.input(this.typed);
      }
      if (this.#seen !== null && this.printed().includes(this.#seen.text)) this.#seen.resolve();
    };
  }

  /** Writes a file, by its path relative to the folder. */
  write(path: string, text: string): void {
    mkdirSync(dirname(join(this.folder, path)), { recursive: true });
    writeFileSync(join(this.folder, path), text);
  }

  async run(code: string, userExpressions: Record<string, string> = {}): Promise<CellRun> {
    this.#outputs.length = 0;
    const executed = await this.session.execute({
      code,
      count: ++this.#count,
      silent: false,
      allowStdin: this.typed !== null,
      userExpressions,
    });
    const result = this.#outputs.find(({ type }) => type === "result");
    const text = result?.type === "result" ? result.bundle["text/plain"] : null;
    const value = typeof text === "string" ? text : null;
    return { ...executed, value, outputs: [...this.#outputs] };
  }

  /** What the running cell has printed. */
  printed(): string {
    return this.#outputs.map((output) => (output.type === "stream" ? output.text : "")).join("");
  }

  /** Waits until the running cell has printed a text. */
  async seen(text: string): Promise<void> {
    if (this.printed().includes(text)) return;
    await new Promise<void>((resolve) => (this.#seen = { text, resolve }));
    this.#seen = null;
  }

  /** A cell's value as text; throws its error, if it has one. */
  async value(code: string): Promise<string | null> {
    const { error, value } = await this.run(code);
    if (error !== null) throw new Error(stripVTControlCharacters(error.traceback.join("\n")));
    return value;
  }

  /** A cell's traceback without colours; throws if it has none. */
  async failure(code: string): Promise<string> {
    const { error } = await this.run(code);
    if (error === null) throw new Error(`the cell did not fail: ${code}`);
    return stripVTControlCharacters(error.traceback.join("\n"));
  }

  async close(): Promise<void> {
    await this.session.close();
    rmSync(this.folder, { recursive: true });
  }
}
