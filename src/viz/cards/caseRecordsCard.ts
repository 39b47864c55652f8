import type { MimeBundle } from "../../display/host";
import { caseScores } from "../../metrics/caseMetrics";
import type { CaseRecord } from "../../metrics/caseMetrics";
import { htmlTable, textTable } from "./table";

/** The most rows that are shown. */
const SHOWN = 20;

/** Whether a value is the records of an evaluation. */
export function isCaseRecords(value: unknown): value is readonly CaseRecord[] {
  return (
    Array.isArray(value) &&
    value.length > 0 &&
    value.every((item: unknown) => {
      if (typeof item !== "object" || item === null) return false;
      const { id, classes, confusion, distanceUnit } = item as Readonly<Record<string, unknown>>;
      return (
        typeof id === "string" &&
        Array.isArray(classes) &&
        confusion !== undefined &&
        typeof distanceUnit === "string"
      );
    })
  );
}

/** Cases with their Dice per class, the worst first; cases without any class come last. */
export function caseRecordsBundle(records: readonly CaseRecord[]): MimeBundle {
  const names = records[0].classes.filter(({ label }) => label > 0).map(({ name }) => name);
  const scored = records
    .map((record) => ({ record, dice: caseScores(record).dice }))
    .sort((a, b) => orLast(a.dice) - orLast(b.dice));
  const header = ["case", "mean Dice", ...names.map((name) => `Dice ${name}`)];
  const rows = scored.slice(0, SHOWN).map(({ record, dice }) => [
    record.id,
    shown(dice),
    ...record.classes
      .filter(({ label }) => label > 0)
      .map(({ dice: own, counts }) =>
        // Without the class in the truth there is nothing to find.
        counts.truePositives + counts.falseNegatives === 0 ? "-" : shown(own),
      ),
  ]);
  const which =
    records.length > SHOWN ? `the ${SHOWN} lowest of ${records.length}` : "lowest first";
  const caption = `Dice per case, ${which}: over the classes in the case's truth ("-": not in it)`;
  return {
    "text/html": htmlTable(header, rows, caption),
    "text/plain": textTable(header, rows, caption),
  };
}

const orLast = (dice: number): number => (Number.isNaN(dice) ? Infinity : dice);

const shown = (dice: number): string => (Number.isNaN(dice) ? "-" : dice.toFixed(3));
