import { registeredBundle } from "./formats";
import type { MimeBundle } from "./host";
import { escapeHtml } from "./html";
import { isModel, modelBundle } from "./modelBundle";
import { isTensor, tensorBundle } from "./tensorBundle";

/** An arquero table, from any copy of arquero. */
interface TableLike {
  numRows(): number;
  numCols(): number;
  toHTML(options: { readonly limit: number }): string;
  toMarkdown(options: { readonly limit: number }): string;
}

/** One of the toolkit's own errors, from any build of it. */
interface ToolkitErrorLike {
  readonly name: string;
  readonly message: string;
  readonly where: string;
  readonly expected: string;
  readonly got: string;
  readonly remedy?: string;
}

const TABLE_ROWS = 20;

function isTable(value: object): value is TableLike {
  return ["numRows", "numCols", "toHTML", "toMarkdown"].every(
    (method) => typeof (value as Record<string, unknown>)[method] === "function",
  );
}

function tableBundle(table: TableLike): MimeBundle {
  const rows = table.numRows();
  const limit = TABLE_ROWS;
  const shown = rows > limit ? `first ${limit} of ${rows} rows` : `${rows} rows`;
  const count = `${shown}, ${table.numCols()} columns`;
  return {
    // arquero does not mark its headings as column headings.
    "text/html": `${table.toHTML({ limit }).replaceAll(/<th(?=[ >])/g, '<th scope="col"')}<p style="font:13px system-ui,sans-serif;opacity:.75">${count}</p>`,
    "text/plain": `${table.toMarkdown({ limit })}${count}`,
  };
}

function isToolkitError(value: object): value is ToolkitErrorLike {
  return value instanceof Error && "where" in value && "expected" in value && "got" in value;
}

function errorBundle(error: ToolkitErrorLike): MimeBundle {
  const { name, where, expected, got, remedy } = error;
  const row = (title: string, text: string): string =>
    `<tr><th scope="row" style="text-align:left">${title}</th><td style="text-align:left">${escapeHtml(text)}</td></tr>`;
  const remedyRow = remedy === undefined ? "" : row("remedy", remedy);
  return {
    "text/html": `<div style="font:13px system-ui,sans-serif"><strong>${escapeHtml(name)}</strong> in <code>${escapeHtml(where)}</code><table style="color:inherit;font:inherit">${row("expected", expected)}${row("got", got)}${remedyRow}</table></div>`,
    "text/plain": `${name}: ${error.message}`,
  };
}

/** A value of a type known to the toolkit as a bundle, or `null`. */
export function richBundle(value: object): MimeBundle | null {
  if (isTensor(value)) return tensorBundle(value);
  if (isModel(value)) return modelBundle(value);
  if (isTable(value)) return tableBundle(value);
  if (isToolkitError(value)) return errorBundle(value);
  return registeredBundle(value);
}
