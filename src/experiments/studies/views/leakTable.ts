import { hasTruth } from "../../../metrics/caseMetrics";
import type { CaseRecord } from "../../../metrics";
import type { JobRecord } from "../jobRecord";
import { leakNote } from "../leakNote";
import { caseDice } from "./rowScores";
import { studyTable } from "./studyTable";
import type { StudyTable } from "./studyTable";

const COUNTED = "counted";

/**
 * Makes the table of a leak study from its records. Each protocol has two rows: with the background left out of
 * the mean Dice, as everywhere else, and with it counted as one more class.
 */
export function leakTable(records: readonly JobRecord[]): StudyTable {
  const rows = ["left out", COUNTED].flatMap((background) =>
    records.map((record) => ({ ...record, factors: { ...record.factors, background } })),
  );
  const table = studyTable("Leak study: how much of the Dice is the protocol", rows, {
    diceOf: (item, { factors }) =>
      factors["background"] === COUNTED ? diceWithBackground(item) : caseDice(item),
  });
  const convention =
    "Copies before the split: augmented copies of the tested slices are among the " +
    "training images, as many images in all. Background counted: it is one more class of the mean Dice.";
  const note = noteOf(records);
  const sentences = [table.convention, convention, ...(note === null ? [] : [note])];
  return { ...table, convention: sentences.join(" ") };
}

/** A note on what the study's cases can show. */
function noteOf(records: readonly JobRecord[]): string | null {
  const honest = records.filter(({ leak, dropped }) => leak === undefined && dropped === null);
  if (honest.length === 0) return null;
  const areKnown = honest.every(({ splitNote = null }) => splitNote === null);
  return leakNote(
    honest.flatMap(({ cases }) => cases),
    areKnown,
  );
}

/** The input of `leakStudyBars`; the protocol without leaks is first. */
export function leakBars(table: StudyTable): {
  readonly name: string;
  readonly mean: number;
  readonly interval: readonly [number, number];
  readonly count: number;
}[] {
  return table.rows.map(({ factors, scores }, index) => {
    const { mean, interval, count } = scores["Dice"];
    const honest = table.rows[0].factors;
    const changed = Object.entries(factors)
      .filter(([name, value]) => value !== honest[name])
      .map(([name, value]) => `${name} ${String(value)}`);
    return {
      name: index === 0 ? "honest protocol" : changed.join(", "),
      ...{ mean, count, interval: [interval.low, interval.high] as const },
    };
  });
}

/** The mean Dice over all classes that the truth has, including the background. */
function diceWithBackground({ classes }: CaseRecord): number {
  const values = classes.filter(hasTruth).map(({ dice }) => dice);
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
