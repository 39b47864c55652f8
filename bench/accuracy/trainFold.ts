import type * as tf from "@tensorflow/tfjs";
import { prepareSamples } from "../../src/data/prepare";
import { selectById } from "../../src/data/splits";
import type { Split } from "../../src/data/splits";
import type { SliceDataset } from "../../src/data/types";
import type { TrainingConfig } from "../../src/experiments/config/trainingConfig";
import { inferenceOptions } from "../../src/experiments/evaluation/inferenceOptions";
import { buildModel } from "../../src/experiments/training/buildModel";
import { evaluateModel } from "../../src/experiments/evaluation/evaluateModel";
import { fitSplit } from "../../src/experiments/training/fitSplit";
import type { FitResult } from "../../src/experiments/training/fitOptions";
import { pretrainingData } from "../../src/experiments/training/pretraining";
import { transferWeights } from "../../src/experiments/training/transferWeights";
import { checkpointOf } from "./records";
import { configOf, membersOf } from "./recipes";
import type { Recipe } from "./recipes";

/** One test slice's Dice per foreground class; `null` if its mask does not contain the class. */
export interface CaseScore {
  readonly id: string;
  readonly dice: readonly (number | null)[];
}

/** The results of one training. */
export interface FoldScores {
  readonly cases: readonly CaseScore[];
  readonly parameters: number;
  readonly steps: number;
  /** `null` if not recorded. */
  readonly lastLoss: number | null;
  /** `null` if not recorded. */
  readonly seconds: number | null;
  /** User and system time of training and prediction, which other load on the machine changes little. */
  readonly cpuSeconds: number;
}

/** Gives a network the weights of one that was trained on the phantom, as a run's pre-training does. */
async function pretrain(
  recipe: Recipe,
  config: TrainingConfig,
  model: tf.LayersModel,
  checkpoint: string,
): Promise<void> {
  const phantom = await pretrainingData(config);
  const teacher = buildModel(recipe.model, config, phantom.classNames.length);
  const train = phantom.cases.map(({ id }) => id);
  await fitSplit(
    teacher,
    prepareSamples(phantom, { size: config.size }),
    { train, validation: [] },
    { config: { ...config, epochs: config.pretraining.epochs }, checkpoint, progress: false },
  );
  transferWeights(teacher, model);
  teacher.dispose();
}

/** Trains a recipe's network, or loads it if its checkpoint is complete. */
async function trainedModel(
  recipe: Recipe,
  dataset: SliceDataset,
  split: Split,
  seed: number,
): Promise<{ readonly model: tf.LayersModel; readonly fitted: FitResult }> {
  const config = configOf(recipe, seed);
  const model = buildModel(recipe.model, config, dataset.classNames.length);
  const checkpoint = checkpointOf(recipe, split, seed);
  if (config.pretraining.epochs > 0) {
    await pretrain(recipe, config, model, checkpoint.replace(/(?=\.safetensors$)/, "-phantom"));
  }
  const samples = prepareSamples(dataset, { size: config.size });
  const fitted = await fitSplit(
    model,
    samples,
    { train: split.train, validation: [] },
    { config, checkpoint, progress: false },
  );
  return { model, fitted };
}

/** Trains a recipe, or loads its members, on a fold's training slices, and scores the others on their original grids. */
export async function trainFold(
  recipe: Recipe,
  dataset: SliceDataset,
  split: Split,
  seed: number,
): Promise<FoldScores> {
  const { classNames, cases } = dataset;
  const start = performance.now();
  const before = process.cpuUsage();
  const trained: Awaited<ReturnType<typeof trainedModel>>[] = [];
  for (const member of membersOf(recipe, seed)) {
    trained.push(await trainedModel(member.recipe, dataset, split, member.seed));
  }
  const models = trained.map(({ model }) => model);
  const test = selectById(cases, split.validation);
  const { flips, decoding = "argmax" } = recipe;
  const { slidingWindow } = inferenceOptions(configOf(recipe, seed));
  const { records } = evaluateModel(models, test, {
    ...{ classNames, flips, decoding },
    ...(slidingWindow === undefined ? {} : { slidingWindow }),
  });
  const { user, system } = process.cpuUsage(before);
  const [{ fitted }] = trained;
  const scores = {
    cases: records.map(({ id, classes }) => ({
      id,
      dice: classes
        .slice(1)
        .map(({ counts, dice }) =>
          counts.truePositives + counts.falseNegatives === 0 ? null : Number(dice.toFixed(6)),
        ),
    })),
    parameters: models.reduce((sum, model) => sum + model.countParams(), 0),
    steps: fitted.steps,
    lastLoss: fitted.records.at(-1)?.loss ?? null,
    seconds: Number(((performance.now() - start) / 1e3).toFixed(1)),
    cpuSeconds: Number(((user + system) / 1e6).toFixed(1)),
  };
  for (const model of models) model.dispose();
  return scores;
}
