import type { Summary } from "./summarise";

/** A model's scores as `reports/quickstart.json` holds them; NaN where undefined, see `stringifyJson`. */
export interface ReportScores {
  /** Mean over foreground classes of the mean over the cases that have the class. */
  readonly dice: number;
  readonly accuracy: number;
  readonly precision: number;
  /** By class name, background left out. */
  readonly perClass: Readonly<Record<string, ReportClassScores>>;
}

/** One class, mean over the cases that have it. */
export interface ReportClassScores {
  readonly dice: number;
  readonly iou: number;
  readonly precision: number;
  readonly recall: number;
  /** Cases whose truth has the class. */
  readonly cases: number;
  /** Cases where it was predicted though the truth has it not. */
  readonly falseAlarms: number;
}

/** The part of a summary that a report's JSON and the paper's tables show. */
export function reportScores(summary: Summary): ReportScores {
  const classes = summary.perClass.filter((row) => row.label > 0);
  return {
    dice: summary.dice,
    accuracy: summary.accuracy,
    precision: summary.precision,
    perClass: Object.fromEntries(
      classes.map((row): [string, ReportClassScores] => [
        row.name,
        {
          dice: row.whereTruth.dice.mean,
          iou: row.whereTruth.iou.mean,
          precision: row.whereTruth.precision.mean,
          recall: row.whereTruth.recall.mean,
          cases: row.casesWithTruth,
          falseAlarms: row.casesWithFalseAlarm,
        },
      ]),
    ),
  };
}
