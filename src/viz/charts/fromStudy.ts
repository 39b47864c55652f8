import { ConfigError } from "../../core/errors";
import { caseScores, definedMean } from "../../metrics/caseMetrics";
import type { JobRecord } from "../../experiments/studies/jobRecord";
import { rowLabel } from "../../experiments/studies/views/rowNames";
import type { StudyTable } from "../../experiments/studies/views/studyTable";
import { modelTitle } from "../names";
import type { FoldScore } from "./foldScores";
import type { IntervalRow } from "./intervalBars";
import type { ClassScore } from "./scoreBars";

/**
 * The rows of a study's table as rows of a bar chart: one score per row, with its confidence interval
 * and its test against the first row.
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
      name: rowLabel(row, table.rows),
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
        model: rowLabel(row, table.rows),
        className: column.slice(prefix.length),
        ...{ mean, count, interval: [interval.low, interval.high] as const },
      };
    }),
  );
}

/**
 * Mean Dice by fold from a study's records: the mean over the foreground classes present in each case's
 * truth, then over the fold's cases.
 */
export function foldScoresOf(records: readonly JobRecord[]): FoldScore[] {
  const scored = records.filter(({ cases }) => cases.length > 0);
  return scored.map((record) => ({
    model: recordLabel(record, scored),
    fold: record.fold,
    score: definedMean(record.cases.map((item) => caseScores(item).dice)),
  }));
}

/** The label of a training in a figure of several: its model and the factors that vary. */
export function recordLabel(record: JobRecord, records: readonly JobRecord[]): string {
  const asRow = ({ model, factors }: JobRecord) => ({ title: modelTitle(model), factors });
  return rowLabel(asRow(record), records.map(asRow));
}
