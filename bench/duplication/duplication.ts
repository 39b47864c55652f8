import { loadEngine } from "../../src/engine/load";
import { duplicationTable, trainDuplication } from "../../src/experiments/studies/duplication";
import type { Attending, DuplicationResult } from "../../src/experiments/studies/duplication";
import type { BenchOptions, Row } from "../support/contenders";

const TRAININGS: readonly Attending[] = ["full", 4, 2, 1];

/** A training's accuracies and its time per step. */
interface ScoredRow extends Row {
  readonly accuracies: DuplicationResult["accuracies"];
}

/**
 * The Reformer paper's table 2 with the defaults of `trainDuplication`: the effect of the number of hash
 * rounds in training and in evaluation. Printed as Markdown; the time is per step, including tracing.
 */
export function benchDuplication(_python: string, { repetitions }: BenchOptions): Row[] {
  const { problem } = loadEngine();
  if (problem !== null) throw new Error(problem);
  // `--quick` runs only the paper's first two rows.
  const results: DuplicationResult[] = [];
  const rows: ScoredRow[] = [];
  for (const trainedWith of repetitions > 3 ? TRAININGS : TRAININGS.slice(0, 2)) {
    const steps = 1200;
    const result = trainDuplication({ trainedWith, steps });
    results.push(result);
    const ms = (result.seconds * 1000) / steps;
    rows.push({
      ...{ case: `trained with ${trainedWith}`, implementation: "layerbook" },
      ...{ bestMs: ms, medianMs: ms, peakMiB: null, accuracies: result.accuracies },
    });
  }
  console.log(duplicationTable(results));
  return rows;
}
