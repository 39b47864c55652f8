import type { Summary } from "../../metrics";

/** Rows of text as an aligned Markdown table. The first row is the header; numbers are aligned right. */
export function markdownTable(rows: readonly (readonly string[])[]): string {
  const widths = rows[0].map((_, column) =>
    Math.max(3, ...rows.map((row) => [...row[column]].length)),
  );
  const isNumber = rows[0].map((_, column) =>
    rows.slice(1).every((row) => /^(-|[-+]?[\d.]+.*)$/.test(row[column])),
  );
  const line = (row: readonly string[]): string =>
    `| ${row
      .map((cell, column) => {
        const gap = " ".repeat(widths[column] - [...cell].length);
        return isNumber[column] ? gap + cell : cell + gap;
      })
      .join(" | ")} |`;
  const rule = `| ${widths
    .map((width, column) => "-".repeat(width - 1) + (isNumber[column] ? ":" : "-"))
    .join(" | ")} |`;
  return [line(rows[0]), rule, ...rows.slice(1).map(line)].join("\n");
}

/**
 * Rows as CSV; cells with commas, quotes or line ends are quoted. Non-finite numbers are written as `NaN`, `Infinity`
 * and `-Infinity`, which JavaScript, pandas and R can read; an empty cell would not distinguish them.
 */
export function csvTable(rows: readonly (readonly (string | number)[])[]): string {
  const cell = (value: string | number): string => {
    const text = String(value);
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  return `${rows.map((row) => row.map(cell).join(",")).join("\n")}\n`;
}

/** `0.613`; `-` if the score is undefined. */
export function formatScore(value: number, digits = 3): string {
  return Number.isFinite(value) ? value.toFixed(digits) : "-";
}

/** A distance for display; the distance to a missed surface is infinite. */
function formatDistance(value: number): string {
  return value === Infinity ? "∞" : formatScore(value, 1);
}

/**
 * A summary for display, with the number of cases of each score: one row per class, then a row with the means over
 * cases of each case's own scores, whose Dice is `summary.dice`.
 *
 * @param distanceUnit the unit of the records, `mm` or `px`
 */
export function summaryTable(summary: Summary, distanceUnit: string): string {
  const rows = summary.perClass
    .filter(({ label }) => label > 0)
    .map(({ name, whereTruth, casesWithTruth, casesWithFalseAlarm }) => [
      name,
      formatScore(whereTruth.dice.mean),
      formatScore(whereTruth.iou.mean),
      formatScore(whereTruth.precision.mean),
      formatScore(whereTruth.recall.mean),
      formatScore(whereTruth.hd95.mean, 1),
      String(whereTruth.hd95.infiniteCount),
      formatDistance(whereTruth.hd95.median),
      String(casesWithTruth),
      String(casesWithFalseAlarm),
    ]);
  const { dice, iou, precision, recall, hd95 } = summary.overCases;
  const falseAlarms = summary.perClass
    .filter(({ label }) => label > 0)
    .reduce((sum, { casesWithFalseAlarm }) => sum + casesWithFalseAlarm, 0);
  const head = [
    "class",
    "Dice",
    "IoU",
    "precision",
    "recall",
    `HD95 (${distanceUnit})`,
    "missed",
    "median HD95",
    "cases",
    "false positives",
  ];
  const all = [
    "per case",
    formatScore(dice.mean),
    formatScore(iou.mean),
    formatScore(precision.mean),
    formatScore(recall.mean),
    formatScore(hd95.mean, 1),
    String(hd95.infiniteCount),
    formatDistance(hd95.median),
    String(dice.count),
    String(falseAlarms),
  ];
  return (
    `${markdownTable([head, ...rows, all])}\n` +
    "Each class over the cases whose truth has it. Per case: the mean over the classes that a case's truth has, then " +
    `over the ${dice.count} of ${summary.cases} cases that have one. Pixel accuracy ${formatScore(summary.accuracy)}.\n` +
    "HD95 is the mean over the cases where the class (per case: every class) was found; a case where it was missed " +
    "altogether is infinitely far, and the median counts it so."
  );
}
