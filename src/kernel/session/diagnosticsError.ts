import type { CellDiagnostic } from "./cellConverter";
import type { CellError } from "./channel";
import { codeFrame, lineAndColumn, paint } from "./codeFrame";

/**
 * Formats all of a cell's type and syntax errors, each with its line and column.
 *
 * @param code the cell as written
 * @param count the execution count
 */
export function diagnosticsError(
  code: string,
  count: number,
  diagnostics: readonly CellDiagnostic[],
): CellError {
  const traceback = diagnostics.map(({ code: name, message, span, elsewhere }) => {
    const head = (where: string): string =>
      `${paint.bold(where)} - ${paint.bold("error")} ${paint.dim(name)}: ${message}`;
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
