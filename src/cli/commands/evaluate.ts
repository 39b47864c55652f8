import type { Command } from "commander";
import { Option } from "commander";
import { listOption } from "../options";
import { addCommonOptions, resultAction } from "../runAction";
import type { CommonOptions } from "../runAction";

interface EvaluateOptions extends CommonOptions {
  readonly prediction: string;
  readonly truth: string;
  readonly classes?: string[];
  readonly per: "slice" | "volume";
}

/** `layerbook evaluate`: mask files against mask files. */
export function registerEvaluateCommand(program: Command): void {
  const command = program
    .command("evaluate")
    .description("score masks against the truth, whoever made them")
    .requiredOption("--prediction <path>", "NIfTI mask, palette PNG, or a folder of either")
    .requiredOption("--truth <path>", "likewise; in folders files of one stem belong together")
    .option("--classes <names>", "names by label with commas, background first", listOption)
    .addOption(
      new Option("--per <case>", "what is one case of a NIfTI mask")
        .choices(["slice", "volume"])
        .default("slice"),
    );
  addCommonOptions(command).action(
    resultAction(async ({ prediction, truth, classes, per }: EvaluateOptions) => {
      const { evaluateFiles, summaryTable } = await import("../library");
      const { records, summary } = await evaluateFiles({
        prediction,
        truth,
        per,
        ...(classes === undefined ? {} : { classNames: classes }),
      });
      return {
        text: summaryTable(summary, records[0].distanceUnit),
        json: { summary, cases: records },
      };
    }),
  );
}
