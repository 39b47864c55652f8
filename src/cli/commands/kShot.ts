import { join } from "node:path";
import type { Command } from "commander";
import { InvalidArgumentError } from "commander";
import { MODEL_NAMES } from "../../models/modelNames";
import { listOption } from "../options";
import { addCommonOptions, resultAction } from "../runAction";
import type { CommonOptions } from "../runAction";
import { runStudyCommand } from "../runStudyCommand";
import { addStudyOptions } from "../studyOptions";
import type { StudyCommandOptions } from "../studyOptions";
import { addTrainingOptions } from "../trainingOptions";

interface KShotCommandOptions extends CommonOptions, StudyCommandOptions {
  readonly model: string;
  readonly shots: readonly number[];
}

/** `layerbook k-shot`: trains on few labelled slices. */
export function registerKShotCommand(program: Command): void {
  const command = program
    .command("k-shot")
    .description(
      "train on a few labelled slices, with and without pre-training on the phantom and self-training on the rest",
    )
    .option("--model <name>", MODEL_NAMES.join(", "), "residualAttentionUnet")
    .option(
      "--shots <numbers>",
      "numbers of labelled slices, comma-separated",
      shotsOption,
      [1, 5, 10, 25],
    );
  addStudyOptions(command);
  addTrainingOptions(command, ["test-fraction", "validation-fraction"]);
  addCommonOptions(command).action(
    resultAction((options: KShotCommandOptions) =>
      runStudyCommand(options, async (study) => {
        const { kShot, tableMarkdown } = await import("../library");
        const { model, shots } = options;
        const result = await kShot({ ...study, model, shots });
        const saved = join(options.out, "k-shot.md");
        const text = `${tableMarkdown(result.table)}\nSaved in ${saved}, with CSV and LaTeX`;
        return { result, text, json: { table: result.table } };
      }),
    ),
  );
}

function shotsOption(text: string): number[] {
  return listOption(text).map((name) => {
    const count = Number(name);
    if (Number.isInteger(count) && count >= 1) return count;
    throw new InvalidArgumentError("Expected comma-separated positive integers.");
  });
}
