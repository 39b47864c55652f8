import { ConfigError } from "../../core/errors";
import { caseScores, definedMean } from "../../metrics/caseMetrics";
import type { JobRecord } from "../../experiments/studies/jobRecord";
import type { StudyTable, TableRow } from "../../experiments/studies/views/studyTable";
import { modelTitle } from "../names";
import type { FoldScore } from "./foldScores";
import type { IntervalRow } from "./intervalBars";
import type { ClassScore } from "./scoreBars";

/**
 * The rows of a study's table as bars: one score of each row, with its interval and its test
 * against the first row.
 *
 * @param column one of the table's columns; default `"Dice"`
 * @throws ConfigError when the table does not have the column
 */
export function intervalRows(table: StudyTable, column = "Dice"): IntervalRow[] {
  if (!table.columns.includes(column)) {
    throw new ConfigError({
      where: "intervalRows.column",
      expected: `one of ${table.columns.join(", ")}`,
      got: `"${column}"`,
    });
  }
  return table.rows.map((row, index) => {
    const { mean, interval, count, pHolm } = row.scores[column];
    return {
      name: rowName(row),
      mean,
      interval: [interval.low, interval.high] as const,
      count,
      ...(index === 0 ? {} : { pValue: pHolm }),
    };
  });
}

/**
 * The rows of `scoreBars` from a study's table: the Dice of each class by row.
 *
 * @param table as a study or `readStudyTable` returns it
 */
export function classScoresOf(table: StudyTable): ClassScore[] {
  const prefix = "Dice ";
  const columns = table.columns.filter((column) => column.startsWith(prefix));
  return table.rows.flatMap((row) =>
    columns.map((column) => {
      const { mean, interval, count } = row.scores[column];
      return {
        model: rowName(row),
        className: column.slice(prefix.length),
        ...{ mean, count, interval: [interval.low, interval.high] as const },
      };
    }),
  );
}

/** A row by its model, or by what it varies. */
export function rowName({ title, factors }: TableRow): string {
  const settings = Object.entries(factors).map(([name, value]) => `${name} ${String(value)}`);
  return [title, ...settings].join(", ");
}

/**
 * Mean Dice by fold from a study's records, as everywhere: over the foreground classes that each case's truth
 * has, then over the fold's cases.
 */
export function foldScoresOf(records: readonly JobRecord[]): FoldScore[] {
  return records
    .filter(({ cases }) => cases.length > 0)
    .map(({ model, factors, fold, cases }) => {
      const settings = Object.values(factors).map(String);
      return {
        model: [modelTitle(model), ...settings].join(", "),
        fold,
        score: definedMean(cases.map((item) => caseScores(item).dice)),
      };
    });
}
