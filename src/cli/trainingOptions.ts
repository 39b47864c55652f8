import type { Command } from "commander";
import { Option } from "commander";
import type { TrainingOverrides } from "../experiments/config/presets";
import type { TrainingConfig } from "../experiments/config/trainingConfig";
import { integerOption, numberOption } from "./options";

/** What replaces a preset's settings, for `train` and `compare`. */
export interface TrainingOptions {
  readonly preset: string;
  readonly epochs?: number;
  readonly batchSize?: number;
  readonly size?: number;
  readonly seed?: number;
  readonly learningRate?: number;
  /** Checked by `presetConfig`, with all the rest. */
  readonly loss?: TrainingConfig["loss"]["name"];
  readonly patience?: number;
  readonly precision?: TrainingConfig["precision"];
  /** False where `--no-compiled` was said. */
  readonly compiled: boolean;
}

/** Adds the options that {@link trainingOverrides} reads. */
export function addTrainingOptions(command: Command): Command {
  return command
    .option("--preset <name>", "smoke, demo, quick or paper", "quick")
    .option("--epochs <count>", "passes over the training slices", integerOption(1))
    .option("--batch-size <count>", "slices a step", integerOption(1))
    .option("--size <pixels>", "side that slices are resized to", integerOption(16))
    .option("--seed <number>", "fixes weights, order, augmentation and splits", integerOption(0))
    .option(
      "--learning-rate <rate>",
      "of the optimizer",
      numberOption("a number above 0", (value) => value > 0 && Number.isFinite(value)),
    )
    .option("--loss <name>", "crossEntropy, dice, diceCrossEntropy, focal, …")
    .option("--patience <epochs>", "epochs without a better validation", integerOption(1))
    .addOption(
      new Option("--precision <format>", "of the compiled step").choices(["float32", "bfloat16"]),
    )
    .option("--no-compiled", "run op by op, for debugging");
}

/** What the options replace in a preset; what was not said stays out. */
export function trainingOverrides(options: TrainingOptions): TrainingOverrides {
  const { epochs, batchSize, size, seed, learningRate, loss, patience, precision } = options;
  return {
    ...withoutUndefined({ epochs, batchSize, size, seed, patience, precision }),
    ...(learningRate === undefined ? {} : { optimizer: { learningRate } }),
    ...(loss === undefined ? {} : { loss: { name: loss } }),
    ...(options.compiled ? {} : { compiled: false }),
  };
}

function withoutUndefined<T extends object>(values: T): T {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as T;
}
