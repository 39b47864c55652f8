import { join } from "node:path";
import type { Command } from "commander";
import { MODEL_NAMES } from "../../models/modelNames";
import { addCommonOptions, resultAction } from "../runAction";
import type { CommonOptions } from "../runAction";
import { runStudyCommand } from "../runStudyCommand";
import { addStudyOptions } from "../studyOptions";
import type { StudyCommandOptions } from "../studyOptions";
import { addTrainingOptions } from "../trainingOptions";

interface LeakStudyCommandOptions extends CommonOptions, StudyCommandOptions {
  readonly model: string;
}

/** `layerbook leak-study`: measures how much of a Dice score is due to the evaluation protocol. */
export function registerLeakStudyCommand(program: Command): void {
  const command = program
    .command("leak-study")
    .description(
      "cross-validate a model without leaks and with each leak found in papers: copies made before the split, patients split up, background in the mean",
    )
    .option("--model <name>", MODEL_NAMES.join(", "), "residualAttentionUnet");
  addStudyOptions(command, false);
  addTrainingOptions(command, ["augmentation", "test-fraction"]);
  addCommonOptions(command).action(
    resultAction((options: LeakStudyCommandOptions) =>
      runStudyCommand(options, async (study) => {
        const { leakStudy, tableMarkdown } = await import("../library");
        const result = await leakStudy({ ...study, model: options.model });
        const saved = join(options.out, "leak-study.md");
        const text = `${tableMarkdown(result.table)}\nSaved in ${saved}, with CSV and LaTeX`;
        return { result, text, json: { table: result.table } };
      }),
    ),
  );
}
