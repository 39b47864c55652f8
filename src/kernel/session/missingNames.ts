import { readFileSync } from "node:fs";
import { basename } from "node:path";
import type { CellDiagnostic } from "./cellConverter";
import { analyseCell } from "./cellSyntax";
import { readMagics } from "./magics";

/** Diagnostics for a missing name, namespace or shorthand property value; some have a suggestion. */
const NOT_FOUND = new Set(["TS2304", "TS2503", "TS2552", "TS18004"]);

/** The most characters of a cell that are quoted. */
const MAX_QUOTED = 40;

/** Options of {@link MissingNames}. */
export interface MissingNamesOptions {
  /** The notebook as Jupyter names it: a file, or else a folder. */
  readonly notebook: string;
  /** The file of the execution history, of this session and earlier ones. */
  readonly history: string;
}

interface Cell {
  /** `Cell [3] of the last session` */
  readonly title: string;
  readonly code: string;
}

/** Finds the cell that would define a missing name; after a restart, most are missing. */
export class MissingNames {
  readonly #options: MissingNamesOptions;
  /** Cells of this session that failed before they had defined all their names. */
  readonly #failed: { readonly count: number; readonly code: string }[] = [];

  constructor(options: MissingNamesOptions) {
    this.#options = options;
  }

  /** Records a cell that failed. */
  noteFailure(count: number, code: string): void {
    this.#failed.push({ count, code });
    if (this.#failed.length > 100) this.#failed.shift();
  }

  /** Adds to each diagnostic of a missing name the cell that would define it. */
  explain(diagnostics: readonly CellDiagnostic[]): readonly CellDiagnostic[] {
    return diagnostics.map((diagnostic) => {
      const name = /'([^']+)'/.exec(diagnostic.message)?.[1];
      if (!NOT_FOUND.has(diagnostic.code) || name === undefined) return diagnostic;
      const cell = this.#find(name);
      if (cell === null) return diagnostic;
      const hint = `${cell.title} declares it (\`${quote(cell.code, name)}\`): run that cell first.`;
      return { ...diagnostic, message: `${diagnostic.message}\n${hint}` };
    });
  }

  #find(name: string): Cell | null {
    const declares = ({ code }: Pick<Cell, "code">): boolean =>
      code.includes(name) && analyseCell(readMagics(code).code).declared.has(name);
    const failed = this.#failed.findLast(declares);
    if (failed !== undefined) {
      return { title: `Cell [${failed.count}], which failed,`, code: failed.code };
    }
    return this.#inNotebook().find(declares) ?? this.#inHistory().findLast(declares) ?? null;
  }

  /** The code cells of the notebook file as last saved. */
  #inNotebook(): Cell[] {
    const { notebook } = this.#options;
    if (!notebook.endsWith(".ipynb")) return [];
    const saved = readJson(() => readFileSync(notebook, "utf8")) as {
      readonly cells?: readonly {
        readonly cell_type?: string;
        readonly source?: string | readonly string[];
      }[];
    } | null;
    const cells = (saved?.cells ?? []).filter(({ cell_type }) => cell_type === "code");
    return cells.map(({ source = "" }, index) => ({
      title: `Code cell ${index + 1} of ${basename(notebook)}`,
      code: typeof source === "string" ? source : source.join(""),
    }));
  }

  /** The cells of this notebook that ran earlier. */
  #inHistory(): Cell[] {
    const { notebook, history } = this.#options;
    let lines: string[];
    try {
      lines = readFileSync(history, "utf8").split("\n");
    } catch {
      return [];
    }
    return lines.flatMap((line) => {
      if (!line.includes('"notebook"')) return [];
      const entry = readJson(() => line) as {
        readonly notebook?: string;
        readonly line?: number;
        readonly code?: string;
      } | null;
      if (entry?.notebook !== notebook || typeof entry.code !== "string") return [];
      return [{ title: `Cell [${entry.line}] of an earlier session`, code: entry.code }];
    });
  }
}

function readJson(read: () => string): unknown {
  try {
    return JSON.parse(read());
  } catch {
    return null;
  }
}

/** The line in which a cell declares a name, as far as its text shows. */
function quote(code: string, name: string): string {
  const lines = code.split("\n").map((line) => line.trim());
  const line =
    lines.find((each) => new RegExp(`(?:^|\\W)${escapeName(name)}(?:\\W|$)`, "u").test(each)) ?? "";
  return line.length > MAX_QUOTED ? `${line.slice(0, MAX_QUOTED)}…` : line;
}

function escapeName(name: string): string {
  return name.replaceAll("$", "\\$");
}
