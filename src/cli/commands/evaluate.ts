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

/** `layerbook evaluate`: scores mask files against true masks. */
export function registerEvaluateCommand(program: Command): void {
  const command = program
    .command("evaluate")
    .description("score masks from any source against the truth")
    .requiredOption(
      "--prediction <path>",
      "NIfTI mask, palette PNG, DICOM segmentation, a folder of masks, or a folder with one such folder per patient",
    )
    .requiredOption(
      "--truth <path>",
      "the same for the true masks; in folders, files are paired by name",
    )
    .option(
      "--images <folder>",
      "the DICOM series of the segmentations; by default it is searched for beside them",
    )
    .addOption(
      new Option("--per <case>", "what counts as a case in a NIfTI mask")
        .choices(["slice", "volume"])
        .default("slice"),
    )
    .addOption(
      new Option(
        "--missing <how>",
        "how to treat a true mask without prediction: as an error or as an empty prediction",
      )
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
