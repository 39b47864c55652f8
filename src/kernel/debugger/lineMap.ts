import { SourceMap } from "node:module";
import type { SourceMapPayload } from "node:module";
import type { CompiledCell } from "../session/cellConverter";

/** A place in compiled code and the place in the cell that it was made of; all counted from 0. */
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

/** The index of the last start that is not behind `offset`. */
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
 * The places of a compiled cell that come from what the user typed, in the compiled code's order.
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
    // Inside an insertion every place stands for the same one.
    if (edited.toOriginal(offset + 1) === typed) return null;
    const line = lineOf(codeStarts, typed);
    return [line, typed - (codeStarts[line] ?? 0)];
  });
}

/**
 * The places of a compiled file of the project.
 *
 * @param sourceMap `null` where the code runs as it is; then each line is its own place
 */
export function fileSegments(javascript: string, sourceMap: string | null): Segment[] {
  if (sourceMap !== null) return mapped(javascript, sourceMap, (row, column) => [row, column]);
  return javascript.split("\n").flatMap((text, line): Segment[] => {
    const column = text.search(/\S/);
    return column < 0 ? [] : [[line, column, line, column]];
  });
}

/** The places of a source map, in the compiled code's order, as `toTyped` has them. */
function mapped(
  javascript: string,
  sourceMap: string,
  toTyped: (row: number, column: number) => readonly [line: number, column: number] | null,
): Segment[] {
  const map = new SourceMap(JSON.parse(sourceMap) as SourceMapPayload);
  const segments: Segment[] = [];
  for (const [compiledLine, text] of javascript.split("\n").entries()) {
    let previous = "";
    // findEntry gives the segment that holds a column: the first column of each is its own.
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

/** Finds places in both directions. */
export class LineMap {
  constructor(private readonly segments: readonly Segment[]) {}

  /**
   * Where to break for a typed line; where nothing was compiled for it (a comment, a type), for the
   * next line that has something.
   *
   * @returns `null` where none follows
   */
  toCompiled(line: number): { line: number; column: number; typedLine: number } | null {
    let best: Segment | null = null;
    for (const segment of this.segments) {
      if (segment[2] >= line && (best === null || segment[2] < best[2])) best = segment;
    }
    return best === null ? null : { line: best[0], column: best[1], typedLine: best[2] };
  }

  /** The typed place of a compiled one: of the nearest segment before it, or the first after it. */
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
