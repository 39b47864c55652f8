/** A command to the kernel in a cell, not TypeScript. */
export type Magic =
  | { readonly type: "strict"; readonly on: boolean }
  /** `name?`: its type and docs in the pager. */
  | { readonly type: "help"; readonly expression: string }
  | { readonly type: "unknown"; readonly line: string };

/** A cell with its magics parsed and blanked out, so that line numbers do not change. */
export interface MagicCell {
  readonly code: string;
  readonly magics: readonly Magic[];
}

/** Names are JavaScript identifiers: `größe?` works too. */
const HELP = /^\s*(?:\?\??\s*([$.\p{ID_Continue}]+)|([$.\p{ID_Continue}]+)\s*\?\??)\s*;?\s*$/u;

/**
 * Removes the magics from a cell: `%strict` or `%strict off` on its first lines, or `name?` as the
 * entire cell.
 *
 * @example
 * readMagics("%strict off\n1 + 1").magics; // [{ type: "strict", on: false }]
 */
export function readMagics(code: string): MagicCell {
  const help = HELP.exec(code);
  if (help !== null && code.includes("?")) {
    return { code: "", magics: [{ type: "help", expression: help[1] ?? help[2] ?? "" }] };
  }
  const magics: Magic[] = [];
  const lines = code.split("\n");
  for (const [index, line] of lines.entries()) {
    if (line.trim() === "") continue;
    if (!line.startsWith("%")) break;
    const strict = /^%strict(?:\s+(on|off))?\s*$/.exec(line);
    magics.push(
      strict === null
        ? { type: "unknown", line: line.trim() }
        : { type: "strict", on: strict[1] !== "off" },
    );
    lines[index] = "";
  }
  return { code: lines.join("\n"), magics };
}
