import { escapeHtml } from "../../display/html";

/** A table for people; columns after the first are numbers, aligned right. */
export function htmlTable(
  header: readonly string[],
  rows: readonly (readonly string[])[],
  caption: string,
): string {
  const cell = (tag: "td" | "th", text: string, column: number): string =>
    `<${tag}${tag === "th" ? ' scope="col"' : ""} style="text-align:${column === 0 ? "left" : "right"}${tag === "td" && column > 0 ? ";white-space:nowrap" : ""}">${escapeHtml(text)}</${tag}>`;
  const line = (tag: "td" | "th", cells: readonly string[]): string =>
    `<tr>${cells.map((text, column) => cell(tag, text, column)).join("")}</tr>`;
  return `<table style="font-variant-numeric:tabular-nums"><caption style="text-align:left">${escapeHtml(caption)}</caption><thead>${line("th", header)}</thead><tbody>${rows.map((row) => line("td", row)).join("")}</tbody></table>`;
}

/** The same as text with aligned columns. */
export function textTable(
  header: readonly string[],
  rows: readonly (readonly string[])[],
  caption: string,
): string {
  const widths = header.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column].length)),
  );
  const line = (cells: readonly string[]): string =>
    cells
      .map((text, column) =>
        column === 0 ? text.padEnd(widths[column]) : text.padStart(widths[column]),
      )
      .join("  ")
      .trimEnd();
  return [caption, line(header), ...rows.map(line)].join("\n");
}
