import type { MimeBundle } from "../../display/host";
import { escapeHtml } from "../../display/html";
import { rowName, rowNaming, shownFactor } from "../../experiments/studies/views/rowNames";
import { formatPValue, describePValue } from "../../metrics/statistics/formatPValue";
import { describeScore, describeScores } from "../names";
import { htmlTable, textTable } from "./table";

interface ScoreLike {
  readonly mean: number;
  readonly sd: number;
  readonly interval: { readonly low: number; readonly high: number };
  readonly count: number;
  readonly pHolm: number;
}

/** The fields of a study's table that are shown. */
export interface StudyTableLike {
  readonly title: string;
  readonly columns: readonly string[];
  readonly factorNames: readonly string[];
  readonly rows: readonly {
    readonly title: string;
    readonly factors: Readonly<Record<string, string | number | boolean | null>>;
    readonly scores: Readonly<Record<string, ScoreLike>>;
  }[];
  readonly convention: string;
  readonly madeBy?: string;
}

/** Whether a value is a study's table. */
export function isStudyTable(value: object): value is StudyTableLike {
  const { title, columns, factorNames, rows, convention } = value as Record<string, unknown>;
  return (
    typeof title === "string" &&
    typeof convention === "string" &&
    [columns, factorNames, rows].every((each) => Array.isArray(each))
  );
}

/** The fields of a study's result that are shown. */
export interface StudyResultLike {
  readonly isComplete: boolean;
  readonly trained: number;
  readonly found: number;
  readonly table?: StudyTableLike;
  readonly tables?: { readonly tableOne: StudyTableLike; readonly tableTwo: StudyTableLike | null };
}

const holdsTable = (value: unknown): boolean =>
  typeof value === "object" && value !== null && isStudyTable(value);

/** Whether a value is what `compareModels`, `ablateModel`, `leakStudy` and `kShot` return. */
export function isStudyResult(value: object): value is StudyResultLike {
  const { isComplete, trained, found, table, tables } = value as Record<string, unknown>;
  const { tableOne } = (tables ?? {}) as Record<string, unknown>;
  return (
    typeof isComplete === "boolean" &&
    typeof trained === "number" &&
    typeof found === "number" &&
    (holdsTable(table) || holdsTable(tableOne))
  );
}

/** A study: how far it is, and its tables. */
export function studyResultBundle(result: StudyResultLike): MimeBundle {
  const { isComplete, trained, found, table, tables } = result;
  const state = isComplete
    ? "The study is complete"
    : "The study was stopped; the same call continues it";
  const text = `${state}: ${trained} jobs trained by this call, ${found} found finished.`;
  const shown = [table, tables?.tableOne, tables?.tableTwo].flatMap((each) => each ?? []);
  const bundles = shown.filter(({ rows }) => rows.length > 0).map(studyTableBundle);
  return {
    "text/html":
      `<div style="font:13px system-ui,sans-serif">${escapeHtml(text)}</div>` +
      bundles.map((bundle) => String(bundle["text/html"])).join(""),
    "text/plain": [text, ...bundles.map((bundle) => String(bundle["text/plain"]))].join("\n\n"),
  };
}

/** A study's table: mean ± standard deviation; for the Dice also its confidence interval and test. */
export function studyTableBundle(table: StudyTableLike): MimeBundle {
  const { title, columns, factorNames, rows, convention } = table;
  const madeBy = table.madeBy === undefined ? "" : ` Made by ${table.madeBy}`;
  const naming = rowNaming(rows, factorNames);
  const caption =
    naming.shared.length === 0 ? title : `${title}. All rows: ${naming.shared.join(", ")}.`;
  const header = [
    ...(naming.hasModel ? ["model"] : []),
    ...naming.factorNames,
    ...columns,
    ...["95 % interval", "p (Holm)", "n"],
  ];
  const lines = rows.map(({ title: name, factors, scores }) => {
    const first = scores[columns[0]];
    return [
      ...(naming.hasModel ? [name] : []),
      ...naming.factorNames.map((factor) => shownFactor(factors[factor])),
      ...columns.map((column) => spread(scores[column])),
      `${describeScore(first.interval.low)} to ${describeScore(first.interval.high)}`,
      formatPValue(first.pHolm),
      String(first.count),
    ];
  });
  const best = describeBest(table);
  return {
    "text/html": `<div style="font:13px system-ui,sans-serif"><p><strong>${escapeHtml(best)}</strong></p>${htmlTable(header, lines, caption)}<p style="opacity:.75;max-width:60em">Interval, p and n are those of ${escapeHtml(columns[0])}. ${withCode(escapeHtml(`${convention}${madeBy}`))}</p></div>`,
    "text/plain": `${textTable(header, lines, caption)}\n${best}\n${convention}${madeBy}`,
  };
}

/** Renders text in backticks as `<code>`. */
function withCode(html: string): string {
  return html.replace(/`([^`]*)`/g, "<code>$1</code>");
}

/** Mean and standard deviation; a single case has no deviation. */
function spread({ mean, sd }: ScoreLike): string {
  if (Number.isNaN(mean)) return "-";
  return Number.isNaN(sd) ? mean.toFixed(3) : `${mean.toFixed(3)} ± ${sd.toFixed(3)}`;
}

/** A sentence: the row with the highest first score, and whether the test against the first row supports it. */
function describeBest({ columns, rows }: StudyTableLike): string {
  const [column] = columns;
  const sorted = rows
    .filter(({ scores }) => !Number.isNaN(scores[column].mean))
    .sort((a, b) => b.scores[column].mean - a.scores[column].mean);
  const [best, second] = sorted;
  if (second === undefined) return "";
  const [first] = rows;
  // There are only tests against the first row.
  const [other, tested] = best === first ? [second, second] : [first, best];
  const { mean, count } = best.scores[column];
  const [highest, compared] = describeScores(mean, other.scores[column].mean);
  const among = sorted.length > 2 ? `, the highest of ${sorted.length} rows` : "";
  const lead =
    `${rowName(best, rows)} reaches a mean ${column} of ${highest} over ${count} cases${among}; ` +
    `${rowName(other, rows)} ${compared}`;
  const { pHolm } = tested.scores[column];
  if (Number.isNaN(pHolm)) return `${lead}; too few patients to test the difference.`;
  return pHolm < 0.05
    ? `${lead}; the difference is significant (${describePValue(pHolm)}).`
    : `${lead}; the difference may be due to chance (${describePValue(pHolm)}).`;
}
