import { ConfigError } from "../../../core/errors";
import { caseScores } from "../../../metrics";
import type { CaseRecord } from "../../../metrics";
import type { JobRecord } from "../jobRecord";

/** A case's scores by column; NaN if undefined. */
type Scores = ReadonlyMap<string, number>;

/** A case of a row, averaged over seeds. */
export interface ScoredCase {
  readonly id: string;
  readonly group: string;
  readonly scores: Scores;
}

/** The mean over the foreground classes that a case has. */
export function caseDice(item: CaseRecord): number {
  return caseScores(item).dice;
}

/**
 * @param diceOf computes a case's Dice for the column `Dice`
 * @throws ConfigError if a case is scored twice with the same seed
 */
export function scoredCases(
  row: readonly JobRecord[],
  diceOf: (item: CaseRecord, record: JobRecord) => number = caseDice,
): ScoredCase[] {
  const byId = new Map<string, { record: CaseRecord; scores: Scores[]; seeds: Set<number> }>();
  for (const job of row) {
    const { seed } = job;
    for (const record of job.cases) {
      const known = byId.get(record.id) ?? { record, scores: [], seeds: new Set<number>() };
      if (known.seeds.has(seed)) throw twice(record.id, job.id);
      known.seeds.add(seed);
      known.scores.push(scoresOf(record, diceOf(record, job)));
      byId.set(record.id, known);
    }
  }
  return [...byId.values()].map(({ record: { id, group }, scores }) => ({
    id,
    group,
    scores: meanScores(scores),
  }));
}

function scoresOf(record: CaseRecord, dice: number): Scores {
  const { accuracy, precision } = caseScores(record);
  return new Map([
    ["Dice", dice],
    ...record.classes.slice(1).map(({ name, dice: own, counts }): [string, number] => {
      const hasTruth = counts.truePositives + counts.falseNegatives > 0;
      return [`Dice ${name}`, hasTruth ? own : NaN];
    }),
    ["Accuracy", accuracy],
    ["Precision", precision],
  ]);
}

function twice(id: string, job: string): ConfigError {
  return new ConfigError({
    where: `studyTable (${job})`,
    expected: "each case once per seed",
    got: `${id} twice`,
  });
}

/** The mean of the defined scores, over seeds or over a patient's cases. */
function meanScores(scores: readonly Scores[]): Scores {
  return new Map(
    [...scores[0].keys()].map((column) => {
      const values = scores
        .map((each) => each.get(column) ?? NaN)
        .filter((value) => !Number.isNaN(value));
      return [column, values.reduce((sum, value) => sum + value, 0) / values.length];
    }),
  );
}

/** The paired scores of two rows: one pair of means per patient that both rows have. */
export function patientPairs(
  first: readonly ScoredCase[],
  second: readonly ScoredCase[],
  column: string,
): [number, number][] {
  const [one, other] = [byPatient(first), byPatient(second)];
  return [...one.keys()]
    .map((patient) => [one.get(patient)?.get(column), other.get(patient)?.get(column)])
    .filter((pair): pair is [number, number] => pair.every((value) => Number.isFinite(value)));
}

function byPatient(cases: readonly ScoredCase[]): Map<string, Scores> {
  const groups = new Map<string, Scores[]>();
  for (const { group, scores } of cases) groups.set(group, [...(groups.get(group) ?? []), scores]);
  return new Map([...groups].map(([group, scores]) => [group, meanScores(scores)]));
}
