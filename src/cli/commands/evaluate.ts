import type { Command } from "commander";
import { Option } from "commander";
import { addDataOptions, addMaskOptions, readOptionsOf } from "../dataOptions";
import type { DataOptions, MaskOptions } from "../dataOptions";
import { addCommonOptions, resultAction } from "../runAction";
import type { CommonOptions } from "../runAction";

interface EvaluateOptions extends CommonOptions, DataOptions, MaskOptions {
  readonly images?: string;
  readonly prediction: string;
  readonly truth: string;
  readonly per: "slice" | "volume";
  readonly missing: "error" | "empty";
}

/** `layerbook evaluate`: mask files against mask files. */
export function registerEvaluateCommand(program: Command): void {
  const command = program
    .command("evaluate")
    .description("score masks from any source against the truth")
    .requiredOption(
      "--prediction <path>",
      "NIfTI mask, palette PNG, DICOM segmentation, a folder of masks, or a folder of them for each patient",
    )
    .requiredOption("--truth <path>", "likewise; in folders files of one name belong together")
    .option(
      "--images <folder>",
      "the DICOM series that segmentations were made on; by default looked for beside them",
    )
    .addOption(
      new Option("--per <case>", "what is one case of a NIfTI mask")
        .choices(["slice", "volume"])
        .default("slice"),
    )
    .addOption(
      new Option("--missing <how>", "a truth without prediction: an error, or scored as empty")
        .choices(["error", "empty"])
        .default("error"),
    );
  addMaskOptions(addDataOptions(command));
  addCommonOptions(command).action(
    resultAction(async ({ prediction, truth, per, missing, images, ...data }: EvaluateOptions) => {
      const { evaluateFiles, summaryTable } = await import("../library");
      const { records, summary } = await evaluateFiles({
        prediction,
        truth,
        per,
        missing,
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
