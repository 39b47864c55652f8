import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";

/** What the tests read of a cell. */
export interface Cell {
  readonly cell_type: string;
  readonly source: string | readonly string[];
  readonly metadata?: { readonly tags?: readonly string[] };
  readonly outputs?: readonly {
    readonly output_type: string;
    readonly name?: string;
    readonly text?: string | readonly string[];
    readonly ename?: string;
    readonly evalue?: string;
  }[];
}

export const textOf = (text: string | readonly string[] = ""): string =>
  typeof text === "string" ? text : text.join("");

export function readCells(path: string): readonly Cell[] {
  return (JSON.parse(readFileSync(path, "utf8")) as { cells: readonly Cell[] }).cells;
}

/** What makes a solution a study of minutes, and what stands for it in the tests. */
export const SMALLER: readonly (readonly [written: string, run: string])[] = [
  ["epochs: 20", "epochs: 1"],
  ["seeds: [1, 2, 3]", "seeds: [1]"],
  ["minConfidence of [0.5, 0.99]", "minConfidence of [0.5]"],
  ["numHashes: [1, 2, 4, 8]", "numHashes: [1, 2]"],
  ['attention: ["none", "gate", "multiHead", "lsh"]', 'attention: ["none", "gate"]'],
];

/** The code of a notebook's solutions; one that is said to throw has to. */
export function solutionsOf(cells: readonly Cell[]): { code: string; throws: boolean }[] {
  return cells
    .filter(({ cell_type }) => cell_type === "markdown")
    .flatMap(({ source }) => textOf(source).match(/<details>[\s\S]*?<\/details>/g) ?? [])
    .flatMap((solution) => [...solution.matchAll(/```ts\n([\s\S]*?)\n```\s*(It throws)?/g)])
    .map(([, code, throws]) => ({ code, throws: throws !== undefined }));
}

/** A copy of a notebook, beside the recorded results, with its solutions as cells at its end. */
export function copyWithSolutions(notebook: string, folder: string): string {
  const content = JSON.parse(readFileSync(notebook, "utf8")) as { cells: readonly Cell[] };
  const solutions = solutionsOf(content.cells).map(({ code, throws }, i) => ({
    cell_type: "code",
    id: `solution-${i + 1}`,
    metadata: { tags: throws ? ["raises-exception"] : [] },
    execution_count: null,
    outputs: [],
    source: SMALLER.reduce((text, [written, run]) => text.replace(written, run), code),
  }));
  mkdirSync(folder, { recursive: true });
  cpSync(join(dirname(notebook), "results"), join(folder, "results"), { recursive: true });
  const path = join(folder, basename(notebook));
  writeFileSync(path, JSON.stringify({ ...content, cells: [...content.cells, ...solutions] }));
  return path;
}
