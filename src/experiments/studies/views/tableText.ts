import type * as Arquero from "arquero";
import { importPackage } from "../../../files/packages";
import { csvTable, formatScore, markdownTable } from "../scoreTable";
import { formatPValue } from "../../../metrics/statistics/formatPValue";
import { rowNaming, shownFactor } from "./rowNames";
import type { StudyTable, TableRow, TableScore } from "./studyTable";

/** A table for reading: mean ± standard deviation, with intervals and tests of the Dice. */
export function tableMarkdown(table: StudyTable): string {
  const text = markdownTable([headOf(table), ...table.rows.map((row) => cellsOf(table, row))]);
  return `## ${table.title}\n\n${text}\n\n${notesOf(table)}\n`;
}

/** The table for a paper; it needs the LaTeX package booktabs. */
export function tableLatex(table: StudyTable): string {
  const head = headOf(table);
  const { hasModel, factorNames } = rowNaming(table.rows, table.factorNames);
  const firstNumber = (hasModel ? 1 : 0) + factorNames.length;
  const columns = head.map((_, index) => (index < firstNumber ? "l" : "r")).join("");
  const line = (cells: readonly string[]): string => `${cells.map(latexText).join(" & ")} \\\\`;
  return [
    "\\begin{table}",
    "\\centering",
    `\\caption{${latexText(table.title)}. ${latexText(notesOf(table))}}`,
    `\\begin{tabular}{${columns}}`,
    "\\toprule",
    line(head),
    "\\midrule",
    ...table.rows.map((row) => line(cellsOf(table, row))),
    "\\bottomrule",
    "\\end{tabular}",
    "\\end{table}",
    "",
  ].join("\n");
}

/** The table for programs: all digits, and the interval, count and test of every column. */
export function tableCsv(table: StudyTable): string {
  const rows = flatRows(table);
  const names = rows.length === 0 ? [] : Object.keys(rows[0]);
  return csvTable([names, ...rows.map((row) => names.map((name) => row[name]))]);
}

/** The table as an arquero table, for filtering and joining in a notebook. */
export async function tableArquero(table: StudyTable): Promise<Arquero.Table> {
  // An optional dependency, so it is loaded on demand.
  const { from } = (await importPackage("arquero")) as typeof Arquero;
  return from(flatRows(table) as object[]);
}

/** One plain object per row: `dice_mean`, `dice_sd`, `dice_low`, … */
export function flatRows(table: StudyTable): Record<string, string | number>[] {
  return table.rows.map((row) => ({
    model: row.model,
    ...Object.fromEntries(table.factorNames.map((name) => [name, shownFactor(row.factors[name])])),
    ...Object.fromEntries(
      table.columns.flatMap((column) => {
        const name = column.toLowerCase().replace(/[^a-z0-9]+/g, "_");
        return Object.entries(scoreValues(row.scores[column])).map(([key, value]) => [
          `${name}_${key}`,
          value,
        ]);
      }),
    ),
    cases: row.cases,
    patients: row.patients,
    folds: row.folds,
    seeds: row.seeds,
    dropped: row.dropped ?? "",
  }));
}

function scoreValues(score: TableScore): Record<string, number> {
  const { mean, sd, interval, count, difference, pValue, pHolm } = score;
  return {
    ...{ mean, sd, low: interval.low, high: interval.high, cases: count },
    ...{ difference, p: pValue, p_holm: pHolm },
  };
}

function headOf(table: StudyTable): string[] {
  const { hasModel, factorNames } = rowNaming(table.rows, table.factorNames);
  const model = hasModel ? ["Model"] : [];
  return [...model, ...factorNames, ...table.columns, "Dice 95 % CI", "p (Holm)", "Cases"];
}

function cellsOf(table: StudyTable, row: TableRow): string[] {
  const { interval, pHolm } = row.scores["Dice"];
  const { hasModel, factorNames } = rowNaming(table.rows, table.factorNames);
  const factors = factorNames.map((name) => shownFactor(row.factors[name]));
  const [first, ...rest] = [...(hasModel ? [row.title] : []), ...factors];
  return [
    `${first}${row.dropped === null ? "" : " *"}`,
    ...rest,
    ...table.columns.map((column) => {
      const { mean, sd, count } = row.scores[column];
      const cases = column.startsWith("Dice ") ? ` (${count})` : "";
      // One case has no standard deviation, and no case has no mean.
      const deviation = Number.isFinite(sd) ? ` ± ${formatScore(sd)}` : "";
      return `${formatScore(mean)}${deviation}${cases}`;
    }),
    Number.isFinite(interval.low)
      ? `${formatScore(interval.low)} to ${formatScore(interval.high)}`
      : "-",
    formatPValue(pHolm),
    String(row.cases),
  ];
}

function notesOf({ convention, rows, factorNames }: StudyTable): string {
  const { shared } = rowNaming(rows, factorNames);
  const allRows = shared.length === 0 ? "" : `All rows: ${shared.join(", ")}. `;
  const seeds = Math.max(0, ...rows.map((row) => row.seeds));
  const dropped = rows.some((row) => row.dropped !== null)
    ? " *: dropped before all folds were trained, since it clearly lost; its scores are from fewer cases."
    : "";
  return `${allRows}${convention} Seeds: ${seeds}. In brackets: cases that have the class.${dropped}`;
}

const LATEX: Readonly<Record<string, string>> = {
  "±": "$\\pm$",
  "%": "\\%",
  "&": "\\&",
  "#": "\\#",
  _: "\\_",
  "<": "$<$",
  ">": "$>$",
  $: "\\$",
};

function latexText(text: string): string {
  return text.replace(/[±%&#_<>$]/g, (character) => LATEX[character]);
}
