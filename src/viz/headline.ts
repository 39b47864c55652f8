import { ConfigError } from "../core/errors";
import { caseScores, wilcoxonSignedRank } from "../metrics";
import type { CaseRecord } from "../metrics";
import { describePValue } from "../metrics/statistics/formatPValue";
import { describeScore, describeScores, modelTitle } from "./names";

/** The fields of an evaluation that are used. */
export interface HeadlineEvaluation {
  readonly records: readonly CaseRecord[];
  readonly summary: { readonly dice: number };
}

const SIGNIFICANT = 0.05;

/**
 * The result in one sentence: which model has the highest mean Dice on the same held-out cases (that of
 * `summary.dice`: per case, over the classes in its truth), and whether its difference from the next
 * model is significant (paired Wilcoxon test over patients).
 *
 * @param evaluations by model name, all of the same cases in the same order
 * @throws ConfigError when there is no evaluation, or they are of different cases
 */
export function headline(evaluations: Readonly<Record<string, HeadlineEvaluation>>): string {
  const entries = Object.entries(evaluations).sort(
    ([, a], [, b]) => b.summary.dice - a.summary.dice,
  );
  const [first, second] = entries;
  if (first === undefined) {
    throw new ConfigError({ where: "headline", expected: "at least one evaluation", got: "none" });
  }
  const [name, best] = first;
  const lead = (dice: string): string =>
    `${modelTitle(name)} reaches a mean Dice of ${dice} on ${describeSlices(best.records)}`;
  if (second === undefined) return `${lead(describeScore(best.summary.dice))}.`;
  const [otherName, other] = second;
  const [dice, otherDice] = describeScores(best.summary.dice, other.summary.dice);
  const pairs = groupDifferences(best.records, other.records);
  const p =
    pairs.length === 0
      ? NaN
      : wilcoxonSignedRank(
          pairs,
          pairs.map(() => 0),
        ).pValue;
  const verdict = Number.isNaN(p)
    ? "too few patients to test the difference"
    : p < SIGNIFICANT
      ? `the difference is significant (${describePValue(p)}, paired over ${pairs.length} patients)`
      : `the difference may be due to chance (${describePValue(p)}, paired over ${pairs.length} patients)`;
  return `${lead(dice)}, ${modelTitle(otherName)} ${otherDice}; ${verdict}.`;
}

/** The number of cases in a mean Dice, as text: those whose truth contains a class. */
export function describeSlices(records: readonly CaseRecord[]): string {
  const count = records.filter((record) => !Number.isNaN(caseScores(record).dice)).length;
  return count === records.length
    ? `${count} held-out slices`
    : `the ${count} of ${records.length} held-out slices whose truth is not empty`;
}

/** Mean difference in Dice per patient, over the cases where both are defined. */
function groupDifferences(a: readonly CaseRecord[], b: readonly CaseRecord[]): number[] {
  const groups = new Map<string, number[]>();
  a.forEach((record, index) => {
    const other = b[index];
    if (other === undefined || other.id !== record.id) {
      throw new ConfigError({
        where: "headline",
        expected: "evaluations of the same cases in the same order",
        got: `"${record.id}" and "${other?.id ?? "none"}" at ${index}`,
      });
    }
    const difference = caseScores(record).dice - caseScores(other).dice;
    if (Number.isNaN(difference)) return;
    groups.set(record.group, [...(groups.get(record.group) ?? []), difference]);
  });
  return [...groups.values()].map(
    (differences) => differences.reduce((x, y) => x + y, 0) / differences.length,
  );
}
