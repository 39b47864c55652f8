import { caseScores } from "../../metrics/caseMetrics";
import type { CaseRecord } from "../../metrics";

/** The caption of a prediction: the case's Dice, or a note if its truth is empty. */
export function caseCaption(record: CaseRecord): string {
  const { dice } = caseScores(record);
  if (!Number.isNaN(dice)) return `Dice ${dice.toFixed(2)}`;
  return record.classes.some(({ label, counts }) => label > 0 && counts.falsePositives > 0)
    ? "truth is empty: a false positive"
    : "truth and prediction are empty";
}
