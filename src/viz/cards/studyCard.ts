import type { MimeBundle } from "../../display/host";
import { escapeHtml } from "../../display/html";
import { rowName, rowNaming, shownFactor } from "../../experiments/studies/views/rowNames";
import { formatPValue, describePValue } from "../../metrics/statistics/formatPValue";
import { describeScore } from "../names";
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
  const among = sorted.length > 2 ? `, the highest of ${sorted.length} rows` : "";
  const lead =
    `${rowName(best, rows)} reaches a mean ${column} of ${describeScore(mean)} over ${count} cases${among}; ` +
    `${rowName(other, rows)} ${describeScore(other.scores[column].mean)}`;
  const { pHolm } = tested.scores[column];
  if (Number.isNaN(pHolm)) return `${lead}; too few patients to test the difference.`;
  return pHolm < 0.05
    ? `${lead}; the difference is significant (${describePValue(pHolm)}).`
    : `${lead}; the difference may be due to chance (${describePValue(pHolm)}).`;
}
