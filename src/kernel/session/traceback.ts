import { SourceMap } from "node:module";
import type { SourceMapPayload } from "node:module";
import { inspect } from "node:util";
import type { CellDiagnostic, CompiledCell } from "./cellConverter";
import type { CellError } from "./channel";
import type { EditedText } from "./editedText";

const RED = "\u001b[31m";
const GREEN = "\u001b[32m";
const DIM = "\u001b[2m";
const BOLD = "\u001b[1m";
const RESET = "\u001b[0m";

/** The file name under which V8 knows a cell: its number, then a serial. */
const CELL_SCRIPT = /layerbook-cell-(\d+)-(\d+)\.ts/;

/** How many lines stand around the one that failed. */
const CONTEXT = 2;

/** How many cells back a function knows its lines. */
const KEPT_CELLS = 300;

/** A place in a cell, counted from 1 as people do. */
export interface CellPlace {
  readonly serial: number;
  /** The number that the frontend shows. */
  readonly count: number;
  readonly line: number;
  readonly column: number;
}

interface KnownCell {
  readonly code: string;
  readonly edited: EditedText;
  readonly map: SourceMap;
}

/** A script's name for V8. */
export function cellScriptName(count: number, serial: number): string {
  return `layerbook-cell-${count}-${serial}.ts`;
}

function paint(colour: string, text: string): string {
  return `${colour}${text}${RESET}`;
}

/** The lines around a place, the place marked. */
function codeFrame(code: string, line: number, column: number, length: number): string[] {
  const lines = code.split("\n");
  const first = Math.max(1, line - CONTEXT);
  const last = Math.min(lines.length, line + CONTEXT);
  const width = String(last).length;
  const frame: string[] = [];
  for (let number = first; number <= last; number++) {
    const text = lines[number - 1] ?? "";
    const label = String(number).padStart(width);
    if (number !== line) {
      frame.push(paint(DIM, `    ${label} │ `) + text);
      continue;
    }
    frame.push(`${paint(RED, "  > ")}${paint(BOLD, label)}${paint(DIM, " │ ")}${text}`);
    const marks = Math.max(1, Math.min(length, text.length - column + 1));
    frame.push(
      `${" ".repeat(4 + width)}${paint(DIM, " │ ")}${" ".repeat(column - 1)}${paint(RED, "~".repeat(marks))}`,
    );
  }
  return frame;
}

function lineAndColumn(code: string, offset: number): { line: number; column: number } {
  const before = code.slice(0, offset).split("\n");
  return { line: before.length, column: (before.at(-1) ?? "").length + 1 };
}

/**
 * Shows all of a cell's type and syntax errors, each at its line and column.
 *
 * @param code the cell as written
 * @param count the number that the frontend shows
 */
export function diagnosticsError(
  code: string,
  count: number,
  diagnostics: readonly CellDiagnostic[],
): CellError {
  const traceback = diagnostics.map(({ code: name, message, span, elsewhere }) => {
    const head = (where: string): string =>
      `${paint(GREEN, where)} - ${paint(RED, "error")} ${paint(DIM, name)}: ${message}`;
    if (span === null) return head(elsewhere ?? "tsconfig");
    const { line, column } = lineAndColumn(code, span.start);
    return [
      head(`Cell [${count}]:${line}:${column}`),
      ...codeFrame(code, line, column, span.length),
    ].join("\n");
  });
  const [first] = diagnostics;
  const more = diagnostics.length > 1 ? ` (and ${diagnostics.length - 1} more)` : "";
  const isSyntax = /^TS1\d{3}$/.test(first?.code ?? "");
  return {
    ename: isSyntax ? "SyntaxError" : "TypeScriptError",
    evalue: `${(first?.message ?? "").split("\n")[0]}${more}`,
    traceback,
  };
}

/** Knows the cells that ran, to say where in them an error came from. */
export class Tracebacks {
  readonly #cells = new Map<number, KnownCell>();
  readonly #hidden: RegExp;

  /** @param kernelFiles matches the paths of the kernel's own scripts */
  constructor(kernelFiles: RegExp) {
    this.#hidden = kernelFiles;
  }

  /** Notes a cell's code and how its compiled lines map to it. */
  add(serial: number, code: string, compiled: CompiledCell): void {
    const map = new SourceMap(JSON.parse(compiled.sourceMap) as SourceMapPayload);
    this.#cells.set(serial, { code, edited: compiled.edited, map });
    // Functions of old cells may still fail; so many cells on they fail without their line.
    this.#cells.delete(serial - KEPT_CELLS);
  }

  /** An error as Jupyter shows it: what, why, and where in the cells. */
  describe(thrown: unknown): CellError {
    if (!(thrown instanceof Error) && !isErrorLike(thrown)) {
      const text = typeof thrown === "string" ? thrown : inspect(thrown, { depth: 2 });
      return {
        ename: "Thrown",
        evalue: text,
        traceback: [`${paint(RED, "Thrown")}: ${text}`],
      };
    }
    const ename = thrown.name || "Error";
    return {
      ename,
      evalue: thrown.message,
      traceback: this.#lines(thrown, new Set()),
    };
  }

  #lines(error: Error, seen: Set<Error>): string[] {
    seen.add(error);
    const { frames, place } = this.#frames(error);
    const lines = [
      `${paint(RED, error.name || "Error")}: ${error.message}`,
      ...this.#frameOf(place),
      ...frames.map((frame) => `    ${paint(DIM, "at")} ${frame}`),
    ];
    if ("errors" in error && Array.isArray(error.errors)) {
      for (const each of error.errors as unknown[])
        lines.push(...this.#nested("One of", each, seen));
    }
    if (error.cause !== undefined) lines.push(...this.#nested("Caused by", error.cause, seen));
    return lines;
  }

  #nested(title: string, thrown: unknown, seen: Set<Error>): string[] {
    if (!isErrorLike(thrown)) return [`${paint(BOLD, title)}: ${inspect(thrown, { depth: 1 })}`];
    if (seen.has(thrown)) return [];
    return [`${paint(BOLD, title)}:`, ...this.#lines(thrown, seen)];
  }

  #frameOf(place: CellPlace | null): string[] {
    const cell = place === null ? undefined : this.#cells.get(place.serial);
    if (place === null || cell === undefined) return [];
    return codeFrame(cell.code, place.line, place.column, 1);
  }

  /** The stack's frames as people read them, up to the cell that was run. */
  #frames(error: Error): { frames: string[]; place: CellPlace | null } {
    const frames: string[] = [];
    let place: CellPlace | null = null;
    for (const line of (error.stack ?? "").split("\n")) {
      const text = /^\s+at (.*)$/.exec(line)?.[1];
      if (text === undefined || this.#hidden.test(text) || /\(?node:/.test(text)) continue;
      if (!CELL_SCRIPT.test(text)) {
        frames.push(text);
        continue;
      }
      const found = this.#place(text);
      if (found === null) continue;
      place ??= found;
      const name = /^(?:async )?([^(]+) \(/.exec(text)?.[1];
      const where = paint(GREEN, `Cell [${found.count}]:${found.line}:${found.column}`);
      frames.push(
        name === undefined || /^(eval|<anonymous>)$/.test(name) ? where : `${name} (${where})`,
      );
    }
    return { frames, place };
  }

  #place(frame: string): CellPlace | null {
    const match = new RegExp(`${CELL_SCRIPT.source}:(\\d+):(\\d+)`).exec(frame);
    if (match === null) return null;
    const [count = 0, serial = 0, line = 0, column = 0] = match.slice(1).map(Number);
    const cell = this.#cells.get(serial);
    const entry = cell?.map.findEntry(line - 1, column - 1);
    if (cell === undefined || entry === undefined || !("originalLine" in entry)) return null;
    const { originalLine, originalColumn } = entry;
    const offset = offsetAt(cell.edited.text, originalLine, originalColumn);
    return { serial, count, ...lineAndColumn(cell.code, cell.edited.toOriginal(offset)) };
  }
}

function offsetAt(text: string, line: number, column: number): number {
  let start = 0;
  for (let skipped = 0; skipped < line; skipped++) start = text.indexOf("\n", start) + 1;
  return start + column;
}

function isErrorLike(value: unknown): value is Error {
  return (
    value instanceof Error ||
    (typeof value === "object" && value !== null && "message" in value && "stack" in value)
  );
}
