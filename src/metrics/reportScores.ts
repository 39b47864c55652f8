import type { Summary } from "./summarise";

/** A model's scores as `reports/quickstart.json` holds them; `null` where undefined (JSON has no NaN). */
export interface ReportScores {
  /** Mean over foreground classes of the mean over the cases that have the class. */
  readonly dice: number | null;
  readonly accuracy: number | null;
  readonly precision: number | null;
  /** By class name, background left out. */
  readonly perClass: Readonly<Record<string, ReportClassScores>>;
}

/** One class, mean over the cases that have it. */
export interface ReportClassScores {
  readonly dice: number | null;
  readonly iou: number | null;
  readonly precision: number | null;
  readonly recall: number | null;
  /** Cases whose truth has the class. */
  readonly cases: number;
  /** Cases where it was predicted though the truth has it not. */
  readonly falseAlarms: number;
}

/** The part of a summary that a report's JSON and the paper's tables show. */
export function reportScores(summary: Summary): ReportScores {
  const classes = summary.perClass.filter((row) => row.label > 0);
  return {
    dice: orNull(summary.dice),
    accuracy: orNull(summary.accuracy),
    precision: orNull(summary.precision),
    perClass: Object.fromEntries(
      classes.map((row): [string, ReportClassScores] => [
        row.name,
        {
          dice: orNull(row.whereTruth.dice.mean),
          iou: orNull(row.whereTruth.iou.mean),
          precision: orNull(row.whereTruth.precision.mean),
          recall: orNull(row.whereTruth.recall.mean),
          cases: row.casesWithTruth,
          falseAlarms: row.casesWithFalseAlarm,
        },
      ]),
    ),
  };
}

function orNull(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}
