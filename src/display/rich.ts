import { registeredBundle } from "./formats";
import type { MimeBundle } from "./host";
import { escapeHtml } from "./html";
import { isModel, modelBundle } from "./modelBundle";
import { isTensor, tensorBundle } from "./tensorBundle";

/** An arquero table, whichever copy of arquero it is from. */
interface TableLike {
  numRows(): number;
  numCols(): number;
  toHTML(options: { readonly limit: number }): string;
  toMarkdown(options: { readonly limit: number }): string;
}

/** One of the toolkit's own errors, from whichever build of it. */
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
    // Arquero's headings do not say that they are those of columns.
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

/** What the toolkit knows how to show beyond Node's text, or `null`. */
export function richBundle(value: object): MimeBundle | null {
  if (isTensor(value)) return tensorBundle(value);
  if (isModel(value)) return modelBundle(value);
  if (isTable(value)) return tableBundle(value);
  if (isToolkitError(value)) return errorBundle(value);
  return registeredBundle(value);
}
