import { join } from "node:path";
import type { Command } from "commander";
import { InvalidArgumentError } from "commander";
import type { TrainingConfig } from "../../experiments/config/trainingConfig";
import { listOption } from "../options";
import { addCommonOptions, resultAction, withStopOnInterrupt } from "../runAction";
import type { CommonOptions } from "../runAction";
import { addTrainingOptions, configOf } from "../trainingOptions";
import type { TrainingOptions } from "../trainingOptions";

type Augmentation = TrainingConfig["augmentation"];

interface CompareOptions extends CommonOptions, TrainingOptions {
  readonly data: string;
  readonly models: string[];
  readonly augmentation: Augmentation[];
  readonly out: string;
}

/** `layerbook compare`: models by cross-validation, to the paper's tables. */
export function registerCompareCommand(program: Command): void {
  const command = program
    .command("compare")
    .description("cross-validate models; ends in the paper's Tables I and II, goes on after a stop")
    .requiredOption("--out <folder>", "records of every fold, and the tables")
    .option("--data <path>", 'as for train; "phantom" makes a data set', "phantom")
    .option("--models <names>", "with commas", listOption, [
      "unet",
      "residualAttentionUnet",
      "ma",
      "mr",
    ])
    .option("--augmentation <kinds>", "none, paper, standard, with commas", augmentationOption, [
      "none",
      "paper",
    ]);
  addTrainingOptions(command, ["augmentation", "test-fraction"]);
  addCommonOptions(command).action(
    resultAction(async (options: CompareOptions) => {
      const config = await configOf(options);
      const { compareModels, tableMarkdown } = await import("../library");
      const { models, augmentation, out } = options;
      const comparison = await withStopOnInterrupt((shouldStop) =>
        compareModels({
          models,
          augmentations: augmentation,
          config,
          out,
          source: options.data,
          shouldStop,
        }),
      );
      const { tables, isComplete, trained, found } = comparison;
      const text = isComplete
        ? `${tableMarkdown("Table I", tables.tableOne)}\n` +
          `${tables.tableTwo.length > 0 ? tableMarkdown("Table II", tables.tableTwo) : ""}\n` +
          `Saved in ${join(out, "table1.md")}, with the CSV and the records beside it`
        : `Stopped after ${trained + found} trainings; run the command again to go on`;
      return {
        text,
        json: { out, trained, found, isComplete, tables, records: comparison.records },
        ...(isComplete ? {} : { exitCode: 130 }),
      };
    }),
  );
}

function augmentationOption(text: string): Augmentation[] {
  return listOption(text).map((name) => {
    if (name === "none" || name === "paper" || name === "standard") return name;
    throw new InvalidArgumentError("Expected none, paper or standard.");
  });
}
