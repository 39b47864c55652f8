import type { Command } from "commander";
import { addDataOptions, addUnitOption, readOptionsOf } from "../dataOptions";
import type { DataOptions, UnitOptions } from "../dataOptions";
import { addOverwriteOption, integerOption } from "../options";
import type { OverwriteOption } from "../options";
import { addCommonOptions, resultAction, withStopOnInterrupt } from "../runAction";
import type { CommonOptions } from "../runAction";

interface PredictOptions extends CommonOptions, DataOptions, UnitOptions, OverwriteOption {
  readonly model: string;
  readonly input: string;
  readonly output: string;
  readonly batchSize?: number;
}

/** `layerbook predict`: segments scans. */
export function registerPredictCommand(program: Command): void {
  const command = program
    .command("predict")
    .description("segment scans with a trained run")
    .requiredOption("--model <run>", "folder of a run that train made")
    .requiredOption(
      "--input <path>",
      "NIfTI file, image, a folder of either, a DICOM series, or a folder with one of these for each patient",
    )
    .requiredOption(
      "--output <path>",
      "folder for the masks (NIfTI with the scan's affine; palette PNG for images), or the name of one mask: .nii or .nii.gz, .png for an image, .dcm for a DICOM segmentation of a DICOM series",
    )
    .option("--batch-size <count>", "slices per batch", integerOption(1));
  addUnitOption(addDataOptions(addOverwriteOption(command)));
  addCommonOptions(command).action(
    resultAction(
      async ({ model, input, output, batchSize, overwrite, ...data }: PredictOptions) => {
        const { predictFiles } = await import("../library");
        const files = await withStopOnInterrupt((shouldStop) =>
          predictFiles({
            ...{ run: model, input, output, shouldStop },
            ...(batchSize === undefined ? {} : { batchSize }),
            ...(overwrite === undefined ? {} : { overwrite }),
            ...readOptionsOf(data),
          }),
        );
        if (files.length === 0) {
          const text = "Stopped, and nothing was written. Run the command again to start over.";
          return { text, json: { files, stopped: true }, exitCode: 130 };
        }
        const slices = files.reduce((sum, file) => sum + file.slices, 0);
        const shown = files.length === 1 ? files[0].output : `${files.length} masks in ${output}`;
        return {
          text: `${slices} ${slices === 1 ? "slice" : "slices"} segmented: ${shown}`,
          json: { files },
        };
      },
    ),
  );
}
