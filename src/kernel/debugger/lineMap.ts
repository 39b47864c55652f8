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
  const map = new SourceMap(JSON.parse(sourceMap) as SourceMapPayload);
  const editedStarts = lineStarts(edited.text);
  const codeStarts = lineStarts(code);
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
      const offset = (editedStarts[entry.originalLine] ?? 0) + entry.originalColumn;
      const typed = edited.toOriginal(offset);
      // Inside an insertion every place stands for the same one.
      if (edited.toOriginal(offset + 1) === typed) continue;
      const line = lineOf(codeStarts, typed);
      segments.push([compiledLine, entry.generatedColumn, line, typed - (codeStarts[line] ?? 0)]);
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
