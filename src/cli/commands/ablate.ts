import { join } from "node:path";
import type { Command } from "commander";
import { InvalidArgumentError } from "commander";
import { ABLATION_FACTORS } from "../../experiments/studies/ablationFactors";
import type { FactorValue } from "../../experiments/studies/job";
import { listOption } from "../options";
import { addCommonOptions, resultAction } from "../runAction";
import type { CommonOptions } from "../runAction";
import { runStudyCommand } from "../runStudyCommand";
import { addStudyOptions } from "../studyOptions";
import type { StudyCommandOptions } from "../studyOptions";
import { addTrainingOptions } from "../trainingOptions";

interface AblateOptions extends CommonOptions, StudyCommandOptions {
  readonly factors: string[];
  readonly values?: Readonly<Record<string, readonly FactorValue[]>>;
}

/** `layerbook ablate`: the paper's model with one part or setting changed at a time. */
export function registerAblateCommand(program: Command): void {
  const command = program
    .command("ablate")
    .description("cross-validate residualAttentionUnet with one part or setting changed at a time")
    .option(
      "--factors <names>",
      `comma-separated, from ${ABLATION_FACTORS.join(", ")}`,
      listOption,
      ["part", "attention"],
    )
    .option(
      "--values <factor=a,b>",
      "the values of a factor instead of the default ones; may be repeated",
      valuesOption,
    );
  addStudyOptions(command);
  addTrainingOptions(command, ["test-fraction"]);
  addCommonOptions(command).action(
    resultAction((options: AblateOptions) =>
      runStudyCommand(options, async (study) => {
        const { ablateModel, tableMarkdown } = await import("../library");
        const { values = {} } = options;
        const names = [...new Set([...options.factors, ...Object.keys(values)])];
        const factors = Object.fromEntries(names.map((name) => [name, values[name] ?? null]));
        const ablation = await ablateModel({ ...study, factors });
        const saved = join(options.out, "ablation.md");
        const text = `${tableMarkdown(ablation.table)}\nSaved in ${saved}, with CSV and LaTeX`;
        return { result: ablation, text, json: { table: ablation.table } };
      }),
    ),
  );
}

function valuesOption(
  text: string,
  before: Readonly<Record<string, readonly FactorValue[]>> = {},
): Record<string, readonly FactorValue[]> {
  const [name, list = "", ...more] = text.split("=");
  if (name === "" || list === "" || more.length > 0) {
    throw new InvalidArgumentError("Expected a factor and its values, such as numHashes=1,4.");
  }
  const values = listOption(list).map((word) => (Number.isNaN(Number(word)) ? word : Number(word)));
  return { ...before, [name]: values };
}
