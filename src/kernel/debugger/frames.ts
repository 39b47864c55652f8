import type { Debugger } from "node:inspector";
import { fileURLToPath } from "node:url";
import type { DebuggedCell } from "./debugHook";
import type { InspectorClient } from "./inspectorClient";
import { LineMap } from "./lineMap";

interface Place {
  readonly line: number;
  readonly column: number;
}

/** A script of the user: a cell, or a file that cells import. */
interface UserScript {
  readonly path: string;
  readonly cell: DebuggedCell | null;
  /** The source position of a compiled position; both from 0. */
  toTyped(line: number, column: number): Promise<Place | null>;
}

/** A stack frame of a stopped cell in the user's code. */
export interface UserFrame {
  readonly id: number;
  readonly callFrame: Debugger.CallFrame;
  readonly script: UserScript;
  readonly name: string;
  /** Both from 1. */
  readonly line: number;
  readonly column: number;
  /** Whether it is a cell's top-level code, whose variables are the notebook's. */
  readonly isTopLevel: boolean;
}

const CELL_SCRIPT = /^layerbook-cell-\d+-\d+\.ts$/;

/** Maps V8's stack frames to the user's code. */
export class Frames {
  readonly #client: InspectorClient;
  readonly #isLibrary: (url: string) => boolean;
  /** Script URLs by V8's script ids. */
  readonly #urls = new Map<string, string>();
  readonly #users = new Map<string, UserScript | null>();
  #next = 1;

  constructor(client: InspectorClient, isLibrary: (url: string) => boolean) {
    this.#client = client;
    this.#isLibrary = isLibrary;
  }

  addScript({ scriptId, url }: Debugger.ScriptParsedEventDataType): void {
    if (url !== "" && !this.#isLibrary(url)) this.#urls.set(scriptId, url);
  }

  /** The frames in the user's code, innermost first. */
  async read(callFrames: readonly Debugger.CallFrame[]): Promise<UserFrame[]> {
    const frames: UserFrame[] = [];
    for (const callFrame of callFrames) {
      const { scriptId, lineNumber, columnNumber = 0 } = callFrame.location;
      const script = await this.#script(scriptId);
      const at = (await script?.toTyped(lineNumber, columnNumber)) ?? null;
      if (script === null || at === null) continue;
      // The wrapper function of a cell starts on its first compiled line.
      const isTopLevel = script.cell !== null && callFrame.functionLocation?.lineNumber === 0;
      const own = callFrame.functionName === "" ? "(anonymous)" : callFrame.functionName;
      const name = isTopLevel ? `Cell [${script.cell?.count ?? ""}]` : own;
      frames.push({
        ...{ id: this.#next++, callFrame, script, name, isTopLevel },
        ...{ line: at.line + 1, column: at.column + 1 },
      });
    }
    return frames;
  }

  async #script(id: string): Promise<UserScript | null> {
    const known = this.#users.get(id);
    if (known !== undefined) return known;
    const url = this.#urls.get(id);
    const found = url === undefined ? null : await this.#find(url);
    this.#users.set(id, found);
    return found;
  }

  async #find(url: string): Promise<UserScript | null> {
    if (!CELL_SCRIPT.test(url)) return this.#file(url);
    const cell = await this.#client.ask<DebuggedCell | null>(`cell(${JSON.stringify(url)})`);
    if (cell === null) return null;
    const map = new LineMap(cell.segments);
    const { path } = cell;
    return { path, cell, toTyped: (line, column) => Promise.resolve(map.toTyped(line, column)) };
  }

  #file(url: string): UserScript {
    const path = url.startsWith("file:") ? fileURLToPath(url) : url;
    // V8 identifies an ES module by its URL, any other file by its path.
    const names = JSON.stringify([path, url]);
    return {
      path,
      cell: null,
      toTyped: (line, column) => this.#client.ask<Place>(`place(${names}, ${line}, ${column})`),
    };
  }
}
