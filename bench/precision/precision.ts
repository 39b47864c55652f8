import { join } from "node:path";
import { QUICKSTART_MODELS } from "../../src/experiments/studies/planners/quickstart";
import { quickstart } from "../../src/experiments/studies/quickstart";
import { presetConfig } from "../../src/experiments/config/presets";
import type { BenchOptions, Row } from "../support/contenders";

const SEEDS = [1, 2, 3, 4, 5];
const PRECISIONS = ["float32", "bfloat16"] as const;
/** Student's t at 97.5 % with four degrees of freedom. */
const T_FOUR = 2.776;

/** A training's score beside its time. */
interface ScoredRow extends Row {
  /** Mean foreground Dice on the held-out slices. */
  readonly dice: number;
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

/** Prints the mean of paired differences and its 95 % interval. */
function printDifference(name: string, differences: readonly number[]): void {
  const middle = mean(differences);
  const variance =
    differences.reduce((sum, value) => sum + (value - middle) ** 2, 0) / (differences.length - 1);
  const half = T_FOUR * Math.sqrt(variance / differences.length);
  console.log(
    `${name}: bfloat16 - float32 = ${middle.toFixed(4)} Dice, 95 % interval ${(middle - half).toFixed(4)} to ${(middle + half).toFixed(4)} (${differences.map((d) => d.toFixed(3)).join(", ")})`,
  );
}

/**
 * Whether bfloat16 costs Dice: the demo's two trainings by five seeds in each precision, paired by
 * seed. Trainings are kept in runs/precision, so an interrupted bench goes on; times are of one
 * training, beside nothing.
 */
export async function benchPrecision(
  _python: string,
  { repetitions }: BenchOptions,
): Promise<Row[]> {
  const rows: ScoredRow[] = [];
  // `--quick` takes three of the seeds.
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
        // The mean of the classes' means, as in the results that are kept.
        const { dice } = evaluation.summary.foreground;
        rows.push({
          ...{ case: `${model}, seed ${seed}`, implementation, dice },
          ...{ bestMs: ms, medianMs: ms, peakMiB: null },
        });
        console.log(`${model}, seed ${seed}, ${precision}: Dice ${dice.toFixed(4)}`);
      }
    }
  }
  for (const model of [...QUICKSTART_MODELS, null]) {
    const differences = SEEDS.slice(0, repetitions).map((seed) => {
      const of = (implementation: string): number =>
        mean(
          rows
            .filter((row) => row.implementation === implementation)
            .filter(({ case: name }) => name.endsWith(`seed ${seed}`))
            .filter(({ case: name }) => model === null || name.startsWith(`${model},`))
            .map(({ dice }) => dice),
        );
      return of("layerbook-bfloat16") - of("layerbook");
    });
    printDifference(model ?? "both models", differences);
  }
  return rows;
}
