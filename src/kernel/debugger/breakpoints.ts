import type { Debugger } from "node:inspector";
import { fileStamp } from "../session/fileStamp";
import { isCellPath } from "./cellPaths";
import type { DebuggedCell, DebuggedScript } from "./debugHook";
import { HOOK } from "./inspectorClient";
import type { InspectorClient } from "./inspectorClient";
import { LineMap } from "./lineMap";
import type { Breakpoint } from "./protocol";

/** A breakpoint as reported to a frontend. */
interface SetBreakpoint {
  readonly verified: boolean;
  readonly line: number;
  readonly source: { readonly path: string };
  readonly message?: string;
}

/** Turns a log message such as `a {x} b` into a template literal that V8 evaluates at the breakpoint. */
function logExpression(message: string): string {
  const parts = message
    .split(/(\{[^}]*\})/)
    .map((part) => (part.startsWith("{") ? `(${part.slice(1, -1)})` : JSON.stringify(part)));
  return `console.log([${parts.join(", ")}].join(""))`;
}

/** The condition given to V8: the user's, in which names of all cells are available. */
function conditionOf({ condition, logMessage }: Breakpoint): string {
  const isGiven = typeof condition === "string" && condition.trim() !== "";
  const asked = isGiven ? `(${condition})` : "true";
  const told =
    typeof logMessage === "string" ? `(${asked}) && ${logExpression(logMessage)}, false` : asked;
  if (told === "true") return "";
  return `(() => { ${HOOK}.enter(); try { return ${told}; } finally { ${HOOK}.leave(); } })()`;
}

/**
 * The breakpoints of cells and of the project's files, by path. A cell gets the breakpoints of its path
 * when it runs. A file's are set under its name, loaded or not, and again after it changes.
 */
export class Breakpoints {
  readonly #client: InspectorClient;
  readonly #wanted = new Map<string, readonly Breakpoint[]>();
  /** V8's ids of the breakpoints that are set, by path. */
  readonly #set = new Map<string, string[]>();
  /** Each file's stamp at the time its breakpoints were set. */
  readonly #stamps = new Map<string, string>();

  constructor(client: InspectorClient) {
    this.#client = client;
  }

  /** All breakpoints, as `debugInfo` lists them. */
  list(): { readonly source: string; readonly breakpoints: readonly Breakpoint[] }[] {
    return [...this.#wanted].map(([source, breakpoints]) => ({ source, breakpoints }));
  }

  /**
   * Replaces the breakpoints of a file, or of a cell in every script compiled from it.
   *
   * @returns each at its actual line; at the requested line if the cell has not run yet
   */
  async replace(path: string, breakpoints: readonly Breakpoint[]): Promise<SetBreakpoint[]> {
    await this.#remove(path);
    this.#stamps.delete(path);
    if (breakpoints.length === 0) this.#wanted.delete(path);
    else this.#wanted.set(path, breakpoints);
    let lines: readonly (number | null)[] = breakpoints.map(({ line }) => line);
    let problem = "no code follows this line";
    if (isCellPath(path)) {
      for (const script of await this.#client.ask<string[]>(`scripts(${JSON.stringify(path)})`)) {
        const cell = await this.#client.ask<DebuggedCell | null>(`cell(${JSON.stringify(script)})`);
        if (cell !== null) lines = await this.#setIn(cell);
      }
    } else if (breakpoints.length > 0) {
      const found = await this.#setInFile(path);
      if (found === null) problem = "cells cannot load this file";
      lines = found ?? lines.map(() => null);
    }
    return breakpoints.map(({ line }, index) => {
      const found = lines[index] ?? null;
      return {
        ...{ verified: found !== null, line: found ?? line, source: { path } },
        ...(found === null ? { message: problem } : {}),
      };
    });
  }

  /** Sets the breakpoints of a cell that is about to run, and those of files that have changed. */
  async prepare(cell: DebuggedCell): Promise<void> {
    await this.#setIn(cell);
    for (const path of this.#wanted.keys()) {
      if (isCellPath(path) || fileStamp(path) === this.#stamps.get(path)) continue;
      await this.#remove(path);
      await this.#setInFile(path);
    }
  }

  async #remove(path: string): Promise<void> {
    for (const breakpointId of this.#set.get(path) ?? []) {
      await this.#client.post("Debugger.removeBreakpoint", { breakpointId });
    }
    this.#set.delete(path);
  }

  /** The lines as {@link Breakpoints.#setIn} returns them; `null` for a file that cells cannot load. */
  async #setInFile(path: string): Promise<(number | null)[] | null> {
    this.#stamps.set(path, fileStamp(path));
    const file = await this.#client.ask<DebuggedScript | null>(`file(${JSON.stringify(path)})`);
    return file === null ? null : this.#setIn(file);
  }

  /**
   * Sets a script's breakpoints, whether or not V8 has loaded it.
   *
   * @returns the source lines, from 1, where they were set; `null` for lines without code
   */
  async #setIn({ script, path, segments }: DebuggedScript): Promise<(number | null)[]> {
    const map = new LineMap(segments);
    const ids = this.#set.get(path) ?? [];
    this.#set.set(path, ids);
    const lines: (number | null)[] = [];
    for (const breakpoint of this.#wanted.get(path) ?? []) {
      const at = map.toCompiled(breakpoint.line - 1);
      lines.push(at === null ? null : at.typedLine + 1);
      if (at === null) continue;
      const condition = conditionOf(breakpoint);
      try {
        const { breakpointId } = await this.#client.post<Debugger.SetBreakpointByUrlReturnType>(
          "Debugger.setBreakpointByUrl",
          {
            ...{ url: script, lineNumber: at.line, columnNumber: at.column },
            ...(condition === "" ? {} : { condition }),
          },
        );
        ids.push(breakpointId);
      } catch {
        // There is one already: two source lines can compile to the same place.
      }
    }
    return lines;
  }

  clear(): void {
    this.#wanted.clear();
    this.#set.clear();
    this.#stamps.clear();
  }
}
