import { existsSync, readFileSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import type { Split } from "../../src/data/splits";
import { parseConfig } from "../../src/experiments/config/parseConfig";
import { trainingConfigSchema } from "../../src/experiments/config/trainingConfig";
import type { TrainingConfig } from "../../src/experiments/config/trainingConfig";
import { writeJsonWhole } from "../../src/files/writeWhole";
import { configOf } from "./recipes";
import type { Recipe } from "./recipes";
import type { FoldScores } from "./trainFold";

/** In the repository, since a training takes minutes. */
const FOLDER = join("bench", "results", "accuracy");

/** One training: its settings and its scores. */
interface TrainingRecord {
  readonly recipe: string;
  readonly fold: number;
  readonly seed: number;
  readonly model: string;
  readonly flips: string;
  /** Absent for `"argmax"`. */
  readonly decoding?: string;
  readonly config: TrainingConfig;
  readonly test: readonly string[];
  readonly scores: FoldScores;
  /** The source of the numbers, if this bench did not record the training itself. */
  readonly note?: string;
}

/** Too large for the repository. */
const CHECKPOINTS = join("runs", "accuracy");

function nameOf({ name }: Recipe, { fold }: Split, seed: number): string {
  const slug = name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/-$/, "");
  return `${slug}-fold${fold + 1}-seed${seed}`;
}

/** The file of a trained network. */
export function checkpointOf(recipe: Recipe, split: Split, seed: number): string {
  return join(CHECKPOINTS, `${nameOf(recipe, split, seed)}.safetensors`);
}

function pathOf(recipe: Recipe, split: Split, seed: number): string {
  return join(FOLDER, `${nameOf(recipe, split, seed)}.json`);
}

/** Removes the directory of the weights file, which depends on the machine. */
function decisive(config: TrainingConfig): TrainingConfig {
  const { encoderWeights } = config.model;
  const file = encoderWeights?.split("/").at(-1) ?? null;
  return { ...config, model: { ...config.model, encoderWeights: file } };
}

/**
 * The scores of a recorded training, or `null`. A record of another configuration or split is an error, not
 * a reason to train again: delete the file if the recipe was changed on purpose. A setting added after the
 * record was written takes its default, which is the behaviour before the setting existed.
 */
export function readTraining(recipe: Recipe, split: Split, seed: number): FoldScores | null {
  const path = pathOf(recipe, split, seed);
  if (!existsSync(path)) return null;
  const record = JSON.parse(readFileSync(path, "utf8")) as TrainingRecord;
  const config = parseConfig(path, trainingConfigSchema, record.config);
  const { model, flips, decoding = "argmax" } = record;
  const is = { model, flips, decoding, config, test: [...record.test].sort() };
  const wanted = {
    ...{ model: recipe.model, flips: recipe.flips, decoding: recipe.decoding ?? "argmax" },
    config: decisive(configOf(recipe, seed)),
    test: [...split.validation].sort(),
  };
  if (!isDeepStrictEqual(is, wanted)) {
    throw new Error(
      `${path}: expected the configuration and split of "${recipe.name}", got others. Delete it to train again.`,
    );
  }
  return record.scores;
}

export async function writeTraining(
  recipe: Recipe,
  split: Split,
  seed: number,
  scores: FoldScores,
  note?: string,
): Promise<void> {
  const path = pathOf(recipe, split, seed);
  await mkdir(dirname(path), { recursive: true });
  const record: TrainingRecord = {
    ...{ recipe: recipe.name, fold: split.fold + 1, seed, model: recipe.model },
    ...{
      flips: recipe.flips,
      decoding: recipe.decoding ?? "argmax",
      config: decisive(configOf(recipe, seed)),
      test: split.validation,
    },
    scores,
    ...(note === undefined ? {} : { note }),
  };
  await writeJsonWhole(path, record);
}
