import { holm, spreadOf, wilcoxonSignedRank } from "../../../metrics";
import type { CaseRecord, Spread } from "../../../metrics";
import type { Factors } from "../job";
import { rowKey } from "../job";
import type { JobRecord } from "../jobRecord";
import { caseDice, patientPairs, scoredCases } from "./rowScores";
import type { ScoredCase } from "./rowScores";
import { MODEL_TITLES } from "./titles";

/** One score of a row, over its cases. */
export interface TableScore extends Pick<Spread, "mean" | "sd" | "interval" | "count"> {
  /** Mean difference from the first row, over the patients of both; NaN in the first row. */
  readonly difference: number;
  /** Paired Wilcoxon signed-rank test against the first row; NaN in the first row. */
  readonly pValue: number;
  /** The same with Holm's correction over the rows of this score. */
  readonly pHolm: number;
}

/** One model with one combination of factors, over all folds and seeds. */
export interface TableRow {
  readonly model: string;
  /** The model's name in the paper. */
  readonly title: string;
  readonly factors: Factors;
  /** Scores by the names of {@link StudyTable.columns}. */
  readonly scores: Readonly<Record<string, TableScore>>;
  readonly cases: number;
  readonly patients: number;
  /** The number of trained folds. */
  readonly folds: number;
  readonly seeds: number;
  /** Why the row was dropped before all folds were trained; `null` if it was not. */
  readonly dropped: string | null;
}

/** Rows of a study, ready to be printed or drawn. */
export interface StudyTable {
  readonly title: string;
  /** `Dice`, `Dice ground-glass`, …, `Accuracy`, `Precision`. */
  readonly columns: readonly string[];
  readonly factorNames: readonly string[];
  readonly rows: readonly TableRow[];
  /** How the numbers are computed. */
  readonly convention: string;
  /** The command, data and machine of the table, if it is kept with other results. */
  readonly madeBy?: string;
}

/** Options of {@link studyTable}. */
export interface StudyTableOptions {
  /** Computes a case's Dice for the column `Dice`; default the mean over the foreground classes that it has. */
  readonly diceOf?: (item: CaseRecord, record: JobRecord) => number;
}

/** The convention of every {@link StudyTable}, shown below it. */
const CONVENTION =
  "Mean ± sample standard deviation over cases; a case that was scored by several seeds counts " +
  "once, with the mean of its scores. Dice and precision of a case: mean over the foreground " +
  "classes that its truth has; Dice of a class: over the cases whose truth has it; accuracy: share " +
  "of all pixels, background too. Intervals: 95 % percentile bootstrap over patients. p: two-sided " +
  "paired Wilcoxon signed-rank test over patients against the first row, corrected by Holm over " +
  "the rows of a column.";

/**
 * Makes a table from records: one row per model and combination of factors, in the order of the records.
 *
 * @throws ConfigError if a case is scored twice with the same seed
 */
export function studyTable(
  title: string,
  records: readonly JobRecord[],
  { diceOf = caseDice }: StudyTableOptions = {},
): StudyTable {
  const groups = new Map<string, JobRecord[]>();
  for (const record of records) {
    const key = rowKey(record);
    groups.set(key, [...(groups.get(key) ?? []), record]);
  }
  const classNames = records[0]?.classNames.slice(1) ?? [];
  const columns = ["Dice", ...classNames.map((name) => `Dice ${name}`), "Accuracy", "Precision"];
  const all = [...groups.values()].map((row) => ({ row, cases: scoredCases(row, diceOf) }));
  const comparisons = new Map(
    columns.map((column) => {
      const pairs = all.map(({ cases }) => compareRows(all[0].cases, cases, column));
      const corrected = holm(pairs.map(({ pValue }, index) => (index === 0 ? NaN : pValue)));
      return [column, pairs.map((pair, index) => ({ ...pair, pHolm: corrected[index] }))];
    }),
  );
  const rows = all.map(({ row, cases }, index): TableRow => {
    const groupsOf = cases.map(({ group }) => group);
    const scores = columns.map((column): [string, TableScore] => {
      const values = cases.map((item) => item.scores.get(column) ?? NaN);
      const { mean, sd, interval, count } = spreadOf(values, groupsOf);
      const comparison = comparisons.get(column)?.[index];
      const { difference = NaN, pValue = NaN, pHolm = NaN } = index === 0 ? {} : (comparison ?? {});
      return [column, { mean, sd, interval, count, difference, pValue, pHolm }];
    });
    const [{ model, factors }] = row;
    const trained = row.filter(({ dropped }) => dropped === null);
    return {
      ...{ model, factors, title: MODEL_TITLES[model] ?? model },
      scores: Object.fromEntries(scores),
      cases: cases.length,
      patients: new Set(groupsOf).size,
      folds: new Set(trained.map(({ fold }) => fold)).size,
      seeds: new Set(trained.map(({ seed }) => seed)).size,
      dropped: row.find(({ dropped }) => dropped !== null)?.dropped ?? null,
    };
  });
  const factorNames = [...new Set(rows.flatMap((row) => Object.keys(row.factors)))];
  const notes = new Set(records.map(({ splitNote }) => splitNote ?? ""));
  const convention = [CONVENTION, ...notes].filter((text) => text !== "").join(" ");
  return { title, columns, factorNames, rows, convention };
}

/** The paired test of a row against the first one, over the patients that both have. */
function compareRows(
  first: readonly ScoredCase[],
  row: readonly ScoredCase[],
  column: string,
): { readonly difference: number; readonly pValue: number } {
  const pairs = patientPairs(row, first, column);
  if (pairs.length === 0) return { difference: NaN, pValue: NaN };
  const difference = pairs.reduce((sum, [a, b]) => sum + a - b, 0) / pairs.length;
  const { pValue } = wilcoxonSignedRank(
    pairs.map(([a]) => a),
    pairs.map(([, b]) => b),
  );
  return { difference, pValue };
}
