import { SourceMap } from "node:module";
import type { SourceMapPayload } from "node:module";
import type { CompiledCell } from "../session/cellConverter";

/** A position in compiled code and the cell position it was compiled from; all counted from 0. */
export type Segment = readonly [
  compiledLine: number,
  compiledColumn: number,
  line: number,
  column: number,
];

function lineStarts(text: string): number[] {
  const starts = [0];
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) starts.push(at + 1);
  return starts;
}

/** The index of the last start that is at or before `offset`. */
function lineOf(starts: readonly number[], offset: number): number {
  let low = 0;
  let high = starts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((starts[middle] ?? 0) <= offset) low = middle;
    else high = middle - 1;
  }
  return low;
}

/**
 * The positions of a compiled cell that map to what the user typed, in the order of the compiled code.
 * What the kernel added (imports of earlier cells' names) is left out.
 */
export function cellSegments(
  code: string,
  { javascript, sourceMap, edited }: Pick<CompiledCell, "javascript" | "sourceMap" | "edited">,
): Segment[] {
  const editedStarts = lineStarts(edited.text);
  const codeStarts = lineStarts(code);
  return mapped(javascript, sourceMap, (row, column) => {
    const offset = (editedStarts[row] ?? 0) + column;
    const typed = edited.toOriginal(offset);
    // All offsets within an insertion map to one original offset.
    if (edited.toOriginal(offset + 1) === typed) return null;
    const line = lineOf(codeStarts, typed);
    return [line, typed - (codeStarts[line] ?? 0)];
  });
}

/**
 * The positions of a compiled project file.
 *
 * @param sourceMap `null` if the code runs uncompiled; each line then maps to itself
 */
export function fileSegments(javascript: string, sourceMap: string | null): Segment[] {
  if (sourceMap !== null) return mapped(javascript, sourceMap, (row, column) => [row, column]);
  return javascript.split("\n").flatMap((text, line): Segment[] => {
    const column = text.search(/\S/);
    return column < 0 ? [] : [[line, column, line, column]];
  });
}

/** The mappings of a source map, in the order of the compiled code, with `toTyped` applied. */
function mapped(
  javascript: string,
  sourceMap: string,
  toTyped: (row: number, column: number) => readonly [line: number, column: number] | null,
): Segment[] {
  const map = new SourceMap(JSON.parse(sourceMap) as SourceMapPayload);
  const segments: Segment[] = [];
  for (const [compiledLine, text] of javascript.split("\n").entries()) {
    let previous = "";
    // findEntry returns the segment that contains a column; a segment starts where the result changes.
    for (let column = 0; column < text.length; column++) {
      const entry = map.findEntry(compiledLine, column);
      if (!("originalLine" in entry) || entry.generatedLine !== compiledLine) continue;
      const key = `${entry.generatedColumn}`;
      if (key === previous) continue;
      previous = key;
      const typed = toTyped(entry.originalLine, entry.originalColumn);
      if (typed !== null) segments.push([compiledLine, entry.generatedColumn, ...typed]);
    }
  }
  return segments;
}

/** Maps positions in both directions. */
export class LineMap {
  constructor(private readonly segments: readonly Segment[]) {}

  /**
   * Where to break for a source line. If nothing was compiled for it (a comment, a type), the next line
   * with code is used.
   *
   * @returns `null` if no code follows
   */
  toCompiled(line: number): { line: number; column: number; typedLine: number } | null {
    let best: Segment | null = null;
    for (const segment of this.segments) {
      if (segment[2] >= line && (best === null || segment[2] < best[2])) best = segment;
    }
    return best === null ? null : { line: best[0], column: best[1], typedLine: best[2] };
  }

  /** The source position of a compiled one: that of the nearest segment before it, or the first after it. */
  toTyped(line: number, column: number): { line: number; column: number } | null {
    let found: Segment | undefined;
    for (const segment of this.segments) {
      if (segment[0] > line || (segment[0] === line && segment[1] > column)) {
        found ??= segment;
        break;
      }
      found = segment;
    }
    return found === undefined ? null : { line: found[2], column: found[3] };
  }
}
