import { wilcoxonSignedRank } from "../../metrics";
import { describePValue } from "../../metrics/statistics/formatPValue";
import { rowKey } from "./job";
import type { Job } from "./job";
import type { JobRecord } from "./jobRecord";
import { patientPairs, scoredCases } from "./views/rowScores";

/** Folds that a row is given before it may be dropped, and the p-value that drops it: Optuna's. */
const MIN_FOLDS = 2;
const P_VALUE = 0.1;

/**
 * Why a job is not worth running: on the patients scored so far its row clearly loses against the
 * best row, by a one-sided paired Wilcoxon signed-rank test of the Dice. The first row stays, since
 * all others are tested against it. The test is done after each fold and not corrected for that:
 * it saves time, and proves nothing.
 *
 * @param records of the study's jobs that are done
 * @param firstRow `rowKey` of the first row
 * @returns `null` where the job is to run
 * @see Optuna's WilcoxonPruner
 */
export function reasonToDrop(
  job: Job,
  records: readonly JobRecord[],
  firstRow: string,
): string | null {
  const own = rowKey(job);
  if (own === firstRow) return null;
  const rows = new Map<string, JobRecord[]>();
  for (const record of records) {
    if (record.dropped !== null) continue;
    const key = rowKey(record);
    rows.set(key, [...(rows.get(key) ?? []), record]);
  }
  const mine = rows.get(own) ?? [];
  if (new Set(mine.map(({ fold }) => fold)).size < MIN_FOLDS) return null;
  const scored = scoredCases(mine);
  for (const [key, others] of rows) {
    if (key === own) continue;
    const pairs = patientPairs(scored, scoredCases(others), "Dice");
    if (pairs.length === 0) continue;
    const { pValue } = wilcoxonSignedRank(
      pairs.map(([a]) => a),
      pairs.map(([, b]) => b),
      { alternative: "less" },
    );
    if (pValue >= P_VALUE) continue;
    const [{ model, factors }] = others;
    const lost = pairs.reduce((sum, [a, b]) => sum + b - a, 0) / pairs.length;
    return (
      `loses ${lost.toFixed(3)} Dice to ${model} ${Object.values(factors).join(" ")} ` +
      `on ${pairs.length} patients (${describePValue(pValue)})`
    );
  }
  return null;
}
