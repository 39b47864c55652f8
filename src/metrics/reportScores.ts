import type { Summary } from "./summarise";

/** A model's scores as `reports/quickstart.json` holds them; NaN where undefined, see `stringifyJson`. */
export interface ReportScores {
  /**
   * Mean over foreground classes of the mean over the cases that have the class: the mean of `perClass`, and
   * not the headline, which is `overCases.dice`.
   */
  readonly dice: number;
  readonly accuracy: number;
  /** Likewise. */
  readonly precision: number;
  /** The headline scores, as pages and tables show them. */
  readonly overCases: ReportCaseScores;
  /** By class name, background left out. */
  readonly perClass: Readonly<Record<string, ReportClassScores>>;
}

/** Means over cases of a case's mean over the foreground classes that its truth has. */
export interface ReportCaseScores {
  readonly dice: number;
  readonly precision: number;
  /** Cases whose truth has a foreground class. */
  readonly cases: number;
}

/** One class, mean over the cases that have it. */
export interface ReportClassScores {
  readonly dice: number;
  readonly iou: number;
  readonly precision: number;
  readonly recall: number;
  /** Cases whose truth has the class. */
  readonly cases: number;
  /** Cases where it was predicted but is not in the truth. */
  readonly falseAlarms: number;
}

/** The part of a summary that a report's JSON and the paper's tables show. */
export function reportScores(summary: Summary): ReportScores {
  const classes = summary.perClass.filter((row) => row.label > 0);
  return {
    dice: summary.foreground.dice,
    accuracy: summary.accuracy,
    precision: summary.foreground.precision,
    overCases: {
      dice: summary.dice,
      precision: summary.precision,
      cases: summary.overCases.dice.count,
    },
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
