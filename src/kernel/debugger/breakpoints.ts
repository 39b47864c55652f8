import type { Debugger } from "node:inspector";
import { Script } from "node:vm";
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

/** `5` and `== 5` stop at the fifth hit, `>= 5` from there on, `% 5` at every fifth. */
const HIT_CONDITION = /^\s*(==?|>=?|<=?|%)?\s*(\d+)\s*$/;

/** The hits to stop at, as JavaScript; `null` if they cannot be understood. */
function hitExpression(hitCondition: string, hits: string): string | null {
  const [, operator = "==", count] = HIT_CONDITION.exec(hitCondition) ?? [];
  if (count === undefined) return null;
  if (operator === "%") return Number(count) === 0 ? null : `${hits} % ${count} === 0`;
  return `${hits} ${operator === "=" ? "==" : operator} ${count}`;
}

const isGiven = (text: string | null | undefined): text is string =>
  typeof text === "string" && text.trim() !== "";

/** What is wrong with a breakpoint's expressions; `null` if nothing is. */
function problemOf({ condition, hitCondition, logMessage }: Breakpoint): string | null {
  try {
    if (isGiven(condition)) new Script(`(${condition}\n)`);
    if (isGiven(logMessage)) new Script(logExpression(logMessage));
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  if (!isGiven(hitCondition) || hitExpression(hitCondition, "hits") !== null) return null;
  return `expected a number of hits such as 5, >= 5 or % 5, got ${hitCondition}`;
}

let counters = 0;

/**
 * The condition given to V8: the user's, in which names of all cells are available. Hits are counted
 * where the condition holds, from 0 each time that the breakpoint is set. V8 would ignore a condition
 * that throws; this one is reported, and stops.
 */
function conditionOf({ condition, hitCondition, logMessage, line }: Breakpoint): string {
  const hits = `${HOOK}.hit(${counters++})`;
  const asked = [
    ...(isGiven(condition) ? [`(${condition}\n)`] : []),
    ...(isGiven(hitCondition) ? [`(${hitExpression(hitCondition, hits)})`] : []),
  ].join(" && ");
  const isLog = isGiven(logMessage);
  if (asked === "" && !isLog) return "";
  const told = isLog
    ? `(${asked || "true"}) && ${logExpression(logMessage)}, false`
    : `!!(${asked})`;
  const report = `console.error("Breakpoint in line ${line}: " + error)`;
  return `(() => { ${HOOK}.enter(); try { return ${told}; } catch (error) { ${report}; return ${!isLog}; } finally { ${HOOK}.leave(); } })()`;
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
    return breakpoints.map((breakpoint, index) => {
      const { line } = breakpoint;
      const ownProblem = problemOf(breakpoint);
      const found = ownProblem === null ? (lines[index] ?? null) : null;
      return {
        ...{ verified: found !== null, line: found ?? line, source: { path } },
        ...(found === null ? { message: ownProblem ?? problem } : {}),
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
      if (problemOf(breakpoint) !== null) {
        lines.push(null);
        continue;
      }
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
