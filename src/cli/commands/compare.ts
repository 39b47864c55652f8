import { join } from "node:path";
import type { Command } from "commander";
import { InvalidArgumentError } from "commander";
import { AUGMENTATIONS } from "../../experiments/config/groups/augmentation";
import type { TrainingConfig } from "../../experiments/config/trainingConfig";
import { MODEL_NAMES } from "../../models/modelNames";
import { listOption } from "../options";
import { addCommonOptions, resultAction } from "../runAction";
import type { CommonOptions } from "../runAction";
import { runStudyCommand } from "../runStudyCommand";
import { addStudyOptions } from "../studyOptions";
import type { StudyCommandOptions } from "../studyOptions";
import { addTrainingOptions } from "../trainingOptions";

type Augmentation = TrainingConfig["augmentation"];

interface CompareOptions extends CommonOptions, StudyCommandOptions {
  readonly models: string[];
  readonly augmentation: Augmentation[];
}

/** `layerbook compare`: cross-validates models and writes the paper's tables. */
export function registerCompareCommand(program: Command): void {
  const command = program
    .command("compare")
    .description(
      "cross-validate models and write the paper's Tables I and II; run it again to resume after a stop",
    )
    .option("--models <names>", `comma-separated, from ${MODEL_NAMES.join(", ")}`, listOption, [
      "unet",
      "residualAttentionUnet",
      "ma",
      "mr",
    ])
    .option(
      "--augmentation <kinds>",
      `comma-separated, from ${AUGMENTATIONS.join(", ")}`,
      augmentationOption,
      ["none", "paper"],
    );
  addStudyOptions(command);
  addTrainingOptions(command, ["augmentation", "test-fraction"]);
  addCommonOptions(command).action(
    resultAction((options: CompareOptions) =>
      runStudyCommand(options, async (study) => {
        const { compareModels, tableMarkdown } = await import("../library");
        const { models, augmentation } = options;
        const comparison = await compareModels({ ...study, models, augmentations: augmentation });
        const { tableOne, tableTwo } = comparison.tables;
        const text =
          `${tableMarkdown(tableOne)}\n` +
          `${tableTwo === null ? "" : `${tableMarkdown(tableTwo)}\n`}` +
          `Saved in ${join(options.out, "table1.md")}, with CSV, LaTeX and the records next to it`;
        return { result: comparison, text, json: { tables: comparison.tables } };
      }),
    ),
  );
}

function augmentationOption(text: string): Augmentation[] {
  return listOption(text).map((name) => {
    const known = AUGMENTATIONS.find((augmentation) => augmentation === name);
    if (known !== undefined) return known;
    throw new InvalidArgumentError("Expected none, paper or standard.");
  });
}
