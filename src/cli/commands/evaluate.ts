import type { Command } from "commander";
import { Option } from "commander";
import { addDataOptions, readOptionsOf } from "../dataOptions";
import type { DataOptions } from "../dataOptions";
import { listOption } from "../options";
import { addCommonOptions, resultAction } from "../runAction";
import type { CommonOptions } from "../runAction";

interface EvaluateOptions extends CommonOptions, DataOptions {
  readonly images?: string;
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
    .requiredOption(
      "--prediction <path>",
      "NIfTI mask, palette PNG, DICOM segmentation, or a folder of masks",
    )
    .requiredOption("--truth <path>", "likewise; in folders files of one stem belong together")
    .option("--images <folder>", "the DICOM series that segmentations were made on")
    .option("--classes <names>", "names by label with commas, background first", listOption)
    .addOption(
      new Option("--per <case>", "what is one case of a NIfTI mask")
        .choices(["slice", "volume"])
        .default("slice"),
    );
  addDataOptions(command);
  addCommonOptions(command).action(
    resultAction(async ({ prediction, truth, classes, per, images, ...data }: EvaluateOptions) => {
      const { evaluateFiles, summaryTable } = await import("../library");
      const { records, summary } = await evaluateFiles({
        prediction,
        truth,
        per,
        ...(classes === undefined ? {} : { classNames: classes }),
        ...(images === undefined ? {} : { images }),
        ...readOptionsOf(data),
      });
      return {
        text: summaryTable(summary, records[0].distanceUnit),
        json: { summary, cases: records },
      };
    }),
  );
}
