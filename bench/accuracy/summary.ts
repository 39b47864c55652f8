import { wilcoxonSignedRank } from "../../src/metrics";
import type { Row } from "../support/contenders";
import type { FoldScores } from "./trainFold";

/** A training with its scores. */
export interface Trained {
  readonly recipe: string;
  readonly fold: number;
  readonly seed: number;
  readonly scores: FoldScores;
}

/** A recipe's row: means over the cases that contain the class, after averaging each case over seeds. */
export interface AccuracyRow extends Row {
  readonly groundGlass: number;
  readonly consolidation: number;
  readonly trainings: number;
  /** `[fold, seed]` of each training. */
  readonly done: readonly (readonly [number, number])[];
  readonly parameters: number;
  readonly cpuSecondsPerTraining: number;
  /** Dice of each case, averaged over the trained seeds: `[ground-glass, consolidation]`. */
  readonly cases: Readonly<Record<string, readonly (number | null)[]>>;
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

/** Each case's Dice, averaged over seeds. */
function caseMeans(trained: readonly Trained[]): Record<string, (number | null)[]> {
  const all = new Map<string, (readonly (number | null)[])[]>();
  for (const { scores } of trained) {
    for (const { id, dice } of scores.cases) all.set(id, [...(all.get(id) ?? []), dice]);
  }
  const ids = [...all.keys()].sort((a, b) => Number(a) - Number(b));
  return Object.fromEntries(
    ids.map((id) => {
      const seeds = all.get(id) ?? [];
      const classes = seeds[0].map((_, index) => {
        const values = seeds.flatMap((dice) => dice[index] ?? []);
        return values.length === 0 ? null : Number(mean(values).toFixed(6));
      });
      return [id, classes];
    }),
  );
}

/** A recipe's row, or `null` if none of its trainings are done. */
export function summariseRecipe(name: string, all: readonly Trained[]): AccuracyRow | null {
  const trained = all.filter(({ recipe }) => recipe === name);
  if (trained.length === 0) return null;
  const cases = caseMeans(trained);
  const classMean = (index: number): number =>
    Number(mean(Object.values(cases).flatMap((dice) => dice[index] ?? [])).toFixed(4));
  const ms = trained.map(({ scores }) => (scores.cpuSeconds * 1e3) / scores.steps);
  return {
    case: name,
    implementation: name.includes("MONAI") ? "monai" : "layerbook",
    groundGlass: classMean(0),
    consolidation: classMean(1),
    trainings: trained.length,
    done: trained.map(({ fold, seed }) => [fold + 1, seed] as const),
    parameters: trained[0].scores.parameters,
    cpuSecondsPerTraining: Number(mean(trained.map(({ scores }) => scores.cpuSeconds)).toFixed(0)),
    cases,
    // CPU time per step, including prediction.
    bestMs: Math.min(...ms),
    medianMs: [...ms].sort((a, b) => a - b)[Math.floor(ms.length / 2)],
    peakMiB: null,
  };
}

/**
 * Prints each row compared with the reference row (`BENCH_REFERENCE`, default `residualAttentionUnet`), paired
 * by case over the trainings that both have.
 */
export function printTable(rows: readonly AccuracyRow[], all: readonly Trained[]): void {
  const reference = process.env["BENCH_REFERENCE"] ?? "residualAttentionUnet";
  if (!rows.some(({ case: name }) => name === reference)) {
    const names = rows.map(({ case: name }) => name).join("; ");
    throw new Error(`BENCH_REFERENCE: expected one of ${names}, got ${reference}`);
  }
  console.table(
    rows.map((row) => {
      const keys = new Set(row.done.map(String));
      const shared = rows.find(({ case: name }) => name === reference)?.done.map(String) ?? [];
      const common = shared.filter((key) => keys.has(key));
      const only = (name: string) =>
        caseMeans(
          all.filter(
            ({ recipe, fold, seed }) =>
              recipe === name && common.includes(String([fold + 1, seed])),
          ),
        );
      const [own, other] = [only(row.case), only(reference)];
      const compare = (index: number): string => {
        const pairs = Object.keys(own).flatMap((id) => {
          const [a, b] = [other[id][index], own[id][index]];
          return a === null || b === null ? [] : [[a, b] as const];
        });
        if (row.case === reference || pairs.length === 0) return "";
        const gain = mean(pairs.map(([a, b]) => a - b));
        const { pValue } = wilcoxonSignedRank(
          pairs.map(([a]) => a),
          pairs.map(([, b]) => b),
        );
        return `${gain >= 0 ? "+" : ""}${gain.toFixed(3)} (p ${pValue.toFixed(3)})`;
      };
      return {
        recipe: row.case,
        "ground-glass": row.groundGlass.toFixed(3),
        consolidation: row.consolidation.toFixed(3),
        trainings: row.trainings,
        parameters: row.parameters,
        "CPU s": row.cpuSecondsPerTraining,
        [`${reference} over it, ground-glass`]: compare(0),
        "consolidation ": compare(1),
      };
    }),
  );
}
