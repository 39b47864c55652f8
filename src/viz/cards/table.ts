import { escapeHtml } from "../../display/html";

/** An HTML table; columns of numbers are right-aligned and do not wrap. */
export function htmlTable(
  header: readonly string[],
  rows: readonly (readonly string[])[],
  caption: string,
): string {
  const areNumbers = numberColumns(header, rows);
  // A non-breaking space before the deviation: if a cell wraps in print, it takes two lines, not three.
  const cell = (tag: "td" | "th", text: string, column: number): string =>
    `<${tag}${tag === "th" ? ' scope="col"' : ""} style="text-align:${areNumbers[column] ? "right" : "left"}${tag === "td" && areNumbers[column] ? ";white-space:nowrap" : ""}">${escapeHtml(text).replaceAll(" ± ", " ±\u00a0")}</${tag}>`;
  const line = (tag: "td" | "th", cells: readonly string[]): string =>
    `<tr>${cells.map((text, column) => cell(tag, text, column)).join("")}</tr>`;
  // A caption is as wide as its table: on a phone its text would be cut where the table scrolls. JupyterLab's
  // sidebars and prompt take 120 pixels of a phone's width.
  const text = `<span style="display:inline-block;position:sticky;left:0;max-width:min(100%,calc(100vw - 120px))">${escapeHtml(caption)}</span>`;
  return `<table style="font-variant-numeric:tabular-nums"><caption style="text-align:left">${text}</caption><thead>${line("th", header)}</thead><tbody>${rows.map((row) => line("td", row)).join("")}</tbody></table>`;
}

/** The same as plain text with aligned columns. */
export function textTable(
  header: readonly string[],
  rows: readonly (readonly string[])[],
  caption: string,
): string {
  const widths = header.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column].length)),
  );
  const areNumbers = numberColumns(header, rows);
  const line = (cells: readonly string[]): string =>
    cells
      .map((text, column) =>
        areNumbers[column] ? text.padStart(widths[column]) : text.padEnd(widths[column]),
      )
      .join("  ")
      .trimEnd();
  return [caption, line(header), ...rows.map(line)].join("\n");
}

/** Which columns hold only numbers or `-`; never the first, which names the row. */
function numberColumns(header: readonly string[], rows: readonly (readonly string[])[]): boolean[] {
  return header.map(
    (_, column) =>
      column > 0 && rows.every((row) => /^(|(-|[-+<]?[\d.,∞]+)( .*)?)$/.test(row[column])),
  );
}
