import { join } from "node:path";
import { QUICKSTART_MODELS } from "../../src/experiments/studies/planners/quickstart";
import { quickstart } from "../../src/experiments/studies/quickstart";
import { presetConfig } from "../../src/experiments/config/presets";
import type { BenchOptions, Row } from "../support/contenders";

const SEEDS = [1, 2, 3, 4, 5];
const PRECISIONS = ["float32", "bfloat16"] as const;
/** Student's t at 97.5 %, by degrees of freedom: one for two seeds, up to four. */
const STUDENT_T = [NaN, 12.706, 4.303, 3.182, 2.776];

/** A training's score and time. */
interface ScoredRow extends Row {
  /** Mean foreground Dice on the held-out slices. */
  readonly dice: number;
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

/** Prints the mean of paired differences and its 95 % interval. */
function printDifference(what: string, differences: readonly number[]): void {
  const middle = mean(differences);
  const variance =
    differences.reduce((sum, value) => sum + (value - middle) ** 2, 0) / (differences.length - 1);
  const half = STUDENT_T[differences.length - 1] * Math.sqrt(variance / differences.length);
  console.log(
    `${what} = ${middle.toFixed(4)} Dice, 95 % interval ${(middle - half).toFixed(4)} to ${(middle + half).toFixed(4)} (${differences.map((d) => d.toFixed(3)).join(", ")})`,
  );
}

/**
 * Whether bfloat16 lowers the Dice, and which of the demo's networks scores higher: both are trained with five
 * seeds in each precision, paired by seed. Trainings are stored in runs/precision, so an interrupted bench
 * resumes; times are of one training with nothing else running.
 */
export async function benchPrecision(
  _python: string,
  { repetitions }: BenchOptions,
): Promise<Row[]> {
  const rows: ScoredRow[] = [];
  // `--quick` uses three of the seeds.
  for (const seed of SEEDS.slice(0, repetitions)) {
    for (const precision of PRECISIONS) {
      const folder = join("runs", "precision", `seed-${seed}-${precision}`);
      const config = presetConfig("demo", { seed, precision });
      const { models } = await quickstart({ folder, config, progress: false });
      for (const model of QUICKSTART_MODELS) {
        const { run, evaluation } = models[model];
        const { seconds, steps } = run.record.result;
        const ms = (seconds * 1e3) / steps;
        const implementation = precision === "float32" ? "layerbook" : "layerbook-bfloat16";
        // The mean of the class means, as in the recorded results.
        const { dice } = evaluation.summary.foreground;
        rows.push({
          ...{ case: `${model}, seed ${seed}`, implementation, dice },
          ...{ bestMs: ms, medianMs: ms, peakMiB: null },
        });
        console.log(`${model}, seed ${seed}, ${precision}: Dice ${dice.toFixed(4)}`);
      }
    }
  }
  /** Dice of a seed, averaged over the rows that match. */
  const of = (seed: number, wanted: Partial<Pick<Row, "implementation">> & { model?: string }) =>
    mean(
      rows
        .filter(({ case: name }) => name.endsWith(`seed ${seed}`))
        .filter(({ case: name }) => name.startsWith(wanted.model ?? ""))
        .filter((row) => row.implementation === (wanted.implementation ?? row.implementation))
        .map(({ dice }) => dice),
    );
  const seeds = SEEDS.slice(0, repetitions);
  for (const model of [...QUICKSTART_MODELS, undefined]) {
    printDifference(
      `${model ?? "both models"}: bfloat16 - float32`,
      seeds.map(
        (seed) =>
          of(seed, { model, implementation: "layerbook-bfloat16" }) -
          of(seed, { model, implementation: "layerbook" }),
      ),
    );
  }
  const [plain, whole] = QUICKSTART_MODELS;
  for (const implementation of ["layerbook", "layerbook-bfloat16"]) {
    printDifference(
      `${implementation}: ${whole} - ${plain}`,
      seeds.map(
        (seed) =>
          of(seed, { model: `${whole},`, implementation }) -
          of(seed, { model: `${plain},`, implementation }),
      ),
    );
  }
  return rows;
}
