const RED = "\u001b[31m";
const DIM = "\u001b[2m";
const BOLD = "\u001b[1m";
const RESET = "\u001b[0m";

/** How many lines are shown before and after the one that failed. */
const CONTEXT = 2;

function painter(colour: string): (text: string) => string {
  return (text) => `${colour}${text}${RESET}`;
}

/**
 * Terminal styles, which Jupyter's frontends also show. Words are never coloured: none of JupyterLab's
 * colours reaches a contrast of 4.5 to 1 on its background for errors in both its light and dark theme.
 */
export const paint = {
  red: painter(RED),
  dim: painter(DIM),
  bold: painter(BOLD),
};

/** The lines around a place (counted from 1), with `length` characters underlined. */
export function codeFrame(code: string, line: number, column: number, length: number): string[] {
  const lines = code.split("\n");
  const first = Math.max(1, line - CONTEXT);
  const last = Math.min(lines.length, line + CONTEXT);
  const width = String(last).length;
  const frame: string[] = [];
  for (let number = first; number <= last; number++) {
    const text = lines[number - 1] ?? "";
    const label = String(number).padStart(width);
    if (number !== line) {
      frame.push(paint.dim(`    ${label} │ `) + text);
      continue;
    }
    frame.push(`${paint.red("  > ")}${paint.bold(label)}${paint.dim(" │ ")}${text}`);
    const marks = Math.max(1, Math.min(length, text.length - column + 1));
    frame.push(
      `${" ".repeat(4 + width)}${paint.dim(" │ ")}${" ".repeat(column - 1)}${paint.red("~".repeat(marks))}`,
    );
  }
  return frame;
}

/** An offset's line and column, counted from 1. */
export function lineAndColumn(code: string, offset: number): { line: number; column: number } {
  const before = code.slice(0, offset).split("\n");
  return { line: before.length, column: (before.at(-1) ?? "").length + 1 };
}
