import { SourceMap } from "node:module";
import type { SourceMapPayload } from "node:module";
import { relative } from "node:path";
import type { CompiledCell } from "./cellConverter";
import { lineAndColumn } from "./codeFrame";
import type { EditedText } from "./editedText";

/** V8's script name for a cell (its execution count, then a serial number), with line and column. */
const CELL_SCRIPT = /layerbook-cell-(\d+)-(\d+)\.ts:(\d+):(\d+)/;

/** A file's path or `file:` URL, with line and column, at the end of a stack frame. */
const FILE_PLACE = /((?:file:\/\/)?\/[^()]*?):(\d+):(\d+)(?=\)?$)/;

/** For how many recent cells stack traces show lines. */
const KEPT_CELLS = 300;

/** How many source maps are kept parsed. */
const PARSED_MAPS = 16;

/** A position in what the user wrote, counted from 1. */
export interface SourcePlace {
  /** `Cell [3]`, or a file's path relative to the notebook's folder. */
  readonly label: string;
  readonly isCell: boolean;
  readonly code: string;
  readonly line: number;
  readonly column: number;
}

interface KnownCell {
  readonly code: string;
  readonly edited: EditedText;
  /** Kept as text, which takes a fraction of the memory: few cells are ever looked up. */
  readonly sourceMap: string;
}

interface KnownFile {
  readonly code: string;
  readonly sourceMap: string | null;
}

/** V8's script name for a cell. */
export function cellScriptName(count: number, serial: number): string {
  return `layerbook-cell-${count}-${serial}.ts`;
}

/** The cells that ran and the project files that they loaded, for mapping stack frames to them. */
export class KnownSources {
  readonly #cells = new Map<number, KnownCell>();
  readonly #files = new Map<string, KnownFile>();
  /** By their text; the least recently used first. */
  readonly #maps = new Map<string, SourceMap>();
  readonly #cwd: string;

  /** @param cwd the notebook's folder */
  constructor(cwd: string) {
    this.#cwd = cwd;
  }

  /** Records a cell's code and its source map. */
  addCell(serial: number, code: string, { sourceMap, edited }: CompiledCell): void {
    this.#cells.set(serial, { code, edited, sourceMap });
    // Functions of older cells may still fail; their errors then show no line.
    this.#cells.delete(serial - KEPT_CELLS);
  }

  /**
   * Records a project file as it was loaded.
   *
   * @param sourceMap from the code that runs to `code`; `null` if they are the same
   */
  addFile(path: string, code: string, sourceMap: string | null): void {
    this.#files.set(path, { code, sourceMap });
  }

  /**
   * The position in the user's text that a stack frame refers to, and the part of the frame that
   * names it; `null` for any other frame.
   */
  find(frame: string): { readonly place: SourcePlace; readonly text: string } | null {
    const ofCell = CELL_SCRIPT.exec(frame);
    const found = ofCell ?? FILE_PLACE.exec(frame);
    if (found === null) return null;
    const place = ofCell === null ? this.#inFile(found) : this.#inCell(ofCell);
    return place === null ? null : { place, text: found[0] };
  }

  /** A source map, parsed; code that fails repeatedly needs the same ones again. */
  #map(sourceMap: string): SourceMap {
    const known = this.#maps.get(sourceMap);
    const map = known ?? new SourceMap(JSON.parse(sourceMap) as SourceMapPayload);
    this.#maps.delete(sourceMap);
    this.#maps.set(sourceMap, map);
    const [oldest] = this.#maps.keys();
    if (this.#maps.size > PARSED_MAPS && oldest !== undefined) this.#maps.delete(oldest);
    return map;
  }

  #inCell(match: RegExpExecArray): SourcePlace | null {
    const [count = 0, serial = 0, line = 0, column = 0] = match.slice(1).map(Number);
    const cell = this.#cells.get(serial);
    const original = cell && originalPlace(this.#map(cell.sourceMap), line, column);
    if (cell === undefined || original === undefined) return null;
    const offset = offsetAt(cell.edited.text, original.line - 1, original.column - 1);
    const { code } = cell;
    const written = lineAndColumn(code, calledName(code, cell.edited.toOriginal(offset)));
    return { label: `Cell [${count}]`, isCell: true, code, ...written };
  }

  #inFile([, name = "", line, column]: RegExpExecArray): SourcePlace | null {
    const file = this.#files.get(name);
    if (file === undefined) return null;
    const { code, sourceMap } = file;
    const compiled = { line: Number(line), column: Number(column) };
    const original =
      sourceMap === null
        ? compiled
        : originalPlace(this.#map(sourceMap), compiled.line, compiled.column);
    const { line: row, column: at } = original ?? compiled;
    const written = lineAndColumn(code, calledName(code, offsetAt(code, row - 1, at - 1)));
    return { label: relative(this.#cwd, name), isCell: false, code, ...written };
  }
}

function originalPlace(
  map: SourceMap,
  line: number,
  column: number,
): { readonly line: number; readonly column: number } | undefined {
  const entry = map.findEntry(line - 1, column - 1);
  if (!("originalLine" in entry)) return undefined;
  return { line: entry.originalLine + 1, column: entry.originalColumn + 1 };
}

/**
 * V8 reports a call at its function's name, but for `f()` compiled to `(0, lib_1.f)()` at the
 * opening parenthesis. This finds the name.
 */
function calledName(code: string, offset: number): number {
  if (code[offset] !== "(") return offset;
  const name = /[$\p{ID_Continue}]+$/u.exec(code.slice(0, offset))?.[0] ?? "";
  return offset - name.length;
}

function offsetAt(text: string, line: number, column: number): number {
  let start = 0;
  for (let skipped = 0; skipped < line; skipped++) start = text.indexOf("\n", start) + 1;
  return start + column;
}
