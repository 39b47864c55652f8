import { escapeHtml, formatNumber } from "../html";

const ROW = 20;
const WIDTH = 360;
const MAX_ROWS = 12;
const MAX_CHARACTERS = 36;

function shown(value: unknown): string {
  if (typeof value === "number") return formatNumber(value);
  if (ArrayBuffer.isView(value)) return `${value.byteLength} bytes`;
  if (value instanceof ArrayBuffer) return `${value.byteLength} bytes`;
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return text.length > MAX_CHARACTERS ? `${text.slice(0, MAX_CHARACTERS - 1)}…` : text;
}

/** A widget's state as one line of text, for a terminal. */
export function stateText(state: Readonly<Record<string, unknown>>): string {
  const entries = Object.entries(state).map(([name, value]) => `${name}: ${shown(value)}`);
  return `Widget(${entries.join(", ")})`;
}

/**
 * A widget's state as a table of names and values: the static picture of a widget that does not define
 * one. It has its own background, so it is readable in light and dark pages.
 */
export function statePicture(state: Readonly<Record<string, unknown>>): string {
  const all = Object.entries(state);
  const rows = all.slice(0, MAX_ROWS).map(([name, value]) => [name, shown(value)]);
  if (all.length > MAX_ROWS) rows.push([`and ${all.length - MAX_ROWS} more`, ""]);
  if (rows.length === 0) rows.push(["an interactive widget", ""]);
  const height = ROW * rows.length + 16;
  const text = rows
    .map(([name = "", value = ""], index) => {
      const y = 8 + ROW * (index + 0.7);
      return `<text x="12" y="${y}" fill="#555">${escapeHtml(name)}</text><text x="140" y="${y}" fill="#111">${escapeHtml(value)}</text>`;
    })
    .join("");
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" font-family="system-ui, sans-serif" font-size="13"><rect x="0.5" y="0.5" width="${WIDTH - 1}" height="${height - 1}" rx="4" fill="#fff" stroke="#bbb"/>${text}</svg>`;
}
