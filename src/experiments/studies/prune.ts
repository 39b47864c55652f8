import { wilcoxonSignedRank } from "../../metrics";
import { describePValue } from "../../metrics/statistics/formatPValue";
import { rowKey } from "./job";
import type { Job } from "./job";
import type { JobRecord } from "./jobRecord";
import { patientPairs, scoredCases } from "./views/rowScores";

/** The number of folds before a row may be dropped, and the p-value below which it is; from Optuna. */
const MIN_FOLDS = 2;
const P_VALUE = 0.1;

/**
 * The reason not to run a job: on the patients scored so far, its row clearly loses against another
 * row, by a one-sided paired Wilcoxon signed-rank test of the Dice. The first row is never dropped,
 * since all others are tested against it. The test is repeated after each fold without correction, so
 * it saves time but is not evidence.
 *
 * @param records records of the study's finished jobs
 * @param firstRow `rowKey` of the first row
 * @returns `null` if the job should run
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
