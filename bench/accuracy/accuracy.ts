import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { readDataset } from "../../src/data/readDataset";
import { kFold } from "../../src/data/splits";
import type { Split } from "../../src/data/splits";
import { loadEngine } from "../../src/engine/load";
import { writeJsonWhole } from "../../src/files/writeWhole";
import type { BenchOptions, Row } from "../support/contenders";
import { RECIPES, configOf, hasSeed, membersOf } from "./recipes";
import { checkpointOf, readTraining, writeTraining } from "./records";
import type { Recipe } from "./recipes";
import { printTable, summariseRecipe } from "./summary";
import type { AccuracyRow, Trained } from "./summary";
import { trainFold } from "./trainFold";
import type { FoldScores } from "./trainFold";

const DATA = join("..", "shared", "data", "covid-semiseg", "MultiClassInfection-Train");
const FOLDER = join("runs", "accuracy");
const FOLDS = 5;
/** Fixes the folds; the trainings' own seeds are {@link SEEDS}. */
const FOLD_SEED = 1;
const SEEDS = [1, 2];

/** Members must already have been trained; ImageNet weights are a file that the user provides. */
function canBeTrained(recipe: Recipe, split: Split, seed: number): boolean {
  const { encoderWeights } = recipe.config.model ?? {};
  if (typeof encoderWeights === "string" && !existsSync(encoderWeights)) return false;
  return (
    recipe.members === undefined ||
    membersOf(recipe, seed).every((member) =>
      existsSync(checkpointOf(member.recipe, split, member.seed)),
    )
  );
}

/** Trains in Python, on the same slices for the same number of steps. */
async function trainPeer(
  python: string,
  recipe: Recipe,
  data: string,
  split: Split,
  seed: number,
): Promise<FoldScores> {
  const { size, batchSize, epochs, precision, optimizer } = configOf(recipe, seed);
  const steps = epochs * Math.floor(split.train.length / batchSize);
  const { learningRate } = optimizer;
  const { train, validation: test } = split;
  const job = { data, train, test, seed, size, batchSize, steps, learningRate, precision };
  const path = join(FOLDER, "job.json");
  await writeJsonWhole(path, job);
  const output = execFileSync(python, [join("bench", "accuracy", "basicUNet.py"), path], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", process.env["BENCH_VERBOSE"] === undefined ? "ignore" : "inherit"],
  });
  return JSON.parse(output.trim().split("\n").at(-1) ?? "") as FoldScores;
}

/**
 * Cross-validated Dice on 50 real slices, for each recipe, fold and seed. A training that has a record in
 * bench/results/accuracy is not repeated, so an interrupted bench resumes. `BENCH_CASE` (names of recipes),
 * `BENCH_FOLDS` and `BENCH_SEEDS` (each separated by semicolons) run a part of it. `--quick` trains nothing and
 * prints the table of the existing records.
 */
export async function benchAccuracy(
  python: string,
  { repetitions }: BenchOptions,
): Promise<AccuracyRow[] & Row[]> {
  const data = process.env["BENCH_DATA"] ?? DATA;
  if (!existsSync(data)) {
    throw new Error(`bench accuracy: expected COVID-SemiSeg's 50 slices in ${data}, got none`);
  }
  loadEngine();
  const dataset = await readDataset(data);
  const splits = kFold(dataset.cases, { folds: FOLDS, seed: FOLD_SEED });
  await mkdir(FOLDER, { recursive: true });
  const trained: Trained[] = [];
  const wanted = (variable: string, value: string | number): boolean =>
    process.env[variable]?.split(";").includes(String(value)) ?? true;
  const isReading = repetitions < 20;
  for (const seed of SEEDS) {
    for (const split of splits) {
      for (const recipe of RECIPES) {
        if (!hasSeed(recipe, seed)) continue;
        let scores = readTraining(recipe, split, seed);
        if (scores === null) {
          const isAsked =
            wanted("BENCH_CASE", recipe.name) &&
            wanted("BENCH_FOLDS", split.fold + 1) &&
            wanted("BENCH_SEEDS", seed) &&
            canBeTrained(recipe, split, seed);
          if (isReading || !isAsked) continue;
          scores =
            recipe.model === "basicUNet"
              ? await trainPeer(python, recipe, data, split, seed)
              : await trainFold(recipe, dataset, split, seed);
          await writeTraining(recipe, split, seed, scores);
          const { cases, cpuSeconds, lastLoss } = scores;
          const means = [0, 1].map((index) => {
            const values = cases.flatMap(({ dice }) => dice[index] ?? []);
            return (values.reduce((sum, value) => sum + value, 0) / values.length).toFixed(3);
          });
          console.log(
            `${recipe.name}, fold ${split.fold + 1}, seed ${seed}: ${means.join(" / ")}, ` +
              `${cpuSeconds} s of CPU, last loss ${lastLoss?.toFixed(3) ?? "not recorded"}`,
          );
        }
        trained.push({ recipe: recipe.name, fold: split.fold, seed, scores });
      }
    }
  }
  const rows = RECIPES.map((recipe) => summariseRecipe(recipe.name, trained)).filter(
    (row) => row !== null,
  );
  printTable(rows, trained);
  return rows;
}
