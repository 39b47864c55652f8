import { rm } from "node:fs/promises";
import { presetConfig } from "../../src/experiments/config/presets";
import { mergeSettings } from "../../src/experiments/config/mergeSettings";
import { trainingConfigSchema } from "../../src/experiments/config/trainingConfig";
import type { TrainingConfig } from "../../src/experiments/config/trainingConfig";
import { prepareSamples } from "../../src/data/prepare";
import { selectById } from "../../src/data/splits";
import type { Split } from "../../src/data/splits";
import type { SliceDataset } from "../../src/data/types";
import { buildModel } from "../../src/experiments/training/buildModel";
import { evaluateModel } from "../../src/experiments/evaluation/evaluateModel";
import { fitSplit } from "../../src/experiments/training/fitSplit";
import { BUDGET } from "./recipes";
import type { Recipe } from "./recipes";

/** One test slice's Dice per foreground class; `null` where its mask does not have the class. */
export interface CaseScore {
  readonly id: string;
  readonly dice: readonly (number | null)[];
}

/** What one training came to. */
export interface FoldScores {
  readonly cases: readonly CaseScore[];
  readonly parameters: number;
  readonly steps: number;
  readonly lastLoss: number;
  readonly seconds: number;
  /** User and system time of training and prediction: what a busy machine does not change much. */
  readonly cpuSeconds: number;
}

/** The whole configuration of a recipe for one seed. */
export function configOf(recipe: Recipe, seed: number): TrainingConfig {
  const config = mergeSettings(trainingConfigSchema, BUDGET, recipe.config);
  return presetConfig("quick", { ...config, seed });
}

/** Trains a recipe on a fold's training slices and scores the others on their own grids. */
export async function trainFold(
  recipe: Recipe,
  dataset: SliceDataset,
  split: Split,
  seed: number,
  checkpoint: string,
): Promise<FoldScores> {
  const config = configOf(recipe, seed);
  const { classNames, cases } = dataset;
  const before = process.cpuUsage();
  const model = buildModel(recipe.model, config, classNames.length);
  const samples = prepareSamples(dataset, { size: config.size });
  const fitted = await fitSplit(
    model,
    samples,
    { train: split.train, validation: [] },
    { config, checkpoint, progress: false },
  );
  const test = selectById(cases, split.validation);
  const { records } = evaluateModel(model, test, { classNames, flips: recipe.flips });
  const { user, system } = process.cpuUsage(before);
  const scores = {
    cases: records.map(({ id, classes }) => ({
      id,
      dice: classes
        .slice(1)
        .map(({ counts, dice }) =>
          counts.truePositives + counts.falseNegatives === 0 ? null : Number(dice.toFixed(6)),
        ),
    })),
    parameters: model.countParams(),
    steps: fitted.steps,
    lastLoss: fitted.records.at(-1)?.loss ?? NaN,
    seconds: Number(fitted.seconds.toFixed(1)),
    cpuSeconds: Number(((user + system) / 1e6).toFixed(1)),
  };
  model.dispose();
  await rm(checkpoint, { force: true });
  return scores;
}
