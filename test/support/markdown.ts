/** A fenced block of code of a Markdown page. */
export interface CodeBlock {
  readonly file: string;
  readonly line: number;
  readonly language: string;
  /** Why it is not run; written as ```` ```ts no-run: reason ````. */
  readonly noRun: string | null;
  readonly code: string;
}

/** The fenced blocks of a page, in order. */
export function findBlocks(file: string, text: string): CodeBlock[] {
  const lines = text.split("\n");
  const blocks: CodeBlock[] = [];
  for (let start = 0; start < lines.length; start++) {
    const [, fence, language, rest] = /^(`{3,})(\w+)?\s*(.*)$/.exec(lines[start]) ?? [];
    if (fence === undefined) continue;
    const end = lines.findIndex((line, index) => index > start && line.trim() === fence);
    if (end < 0) throw new Error(`${file}:${start + 1} a block that does not end`);
    const noRun = /^no-run\b:?\s*(.*)$/.exec(rest ?? "");
    blocks.push({
      file,
      line: start + 1,
      language: language ?? "",
      noRun: noRun === null ? null : noRun[1],
      code: lines.slice(start + 1, end).join("\n"),
    });
    start = end;
  }
  return blocks;
}

/** The shell commands of a block, with comments removed and continued lines joined. */
export function shellCommands(code: string): string[] {
  return code
    .replace(/\\\n/g, " ")
    .split("\n")
    .map((line) => line.replace(/(^|\s)#.*$/, "").trim())
    .filter((line) => line !== "");
}
