import type { Command } from "commander";
import { addDataOptions, addUnitOption, readOptionsOf } from "../dataOptions";
import type { DataOptions, UnitOptions } from "../dataOptions";
import { integerOption } from "../options";
import { addCommonOptions, resultAction } from "../runAction";
import type { CommonOptions } from "../runAction";

interface PredictOptions extends CommonOptions, DataOptions, UnitOptions {
  readonly model: string;
  readonly input: string;
  readonly output: string;
  readonly batchSize?: number;
}

/** `layerbook predict`: scans in, masks out. */
export function registerPredictCommand(program: Command): void {
  const command = program
    .command("predict")
    .description("segment scans with a trained run")
    .requiredOption("--model <run>", "folder of a run that train made")
    .requiredOption("--input <path>", "NIfTI file, image, a folder of either, or a DICOM series")
    .requiredOption(
      "--output <path>",
      "folder for the masks (NIfTI with the scan's affine; palette PNG for images), or one NIfTI name, or a .dcm name for a DICOM segmentation of a DICOM series",
    )
    .option("--batch-size <count>", "slices at a time", integerOption(1));
  addUnitOption(addDataOptions(command));
  addCommonOptions(command).action(
    resultAction(async ({ model, input, output, batchSize, ...data }: PredictOptions) => {
      const { predictFiles } = await import("../library");
      const files = await predictFiles({
        run: model,
        input,
        output,
        ...(batchSize === undefined ? {} : { batchSize }),
        ...readOptionsOf(data),
      });
      const slices = files.reduce((sum, file) => sum + file.slices, 0);
      const shown = files.length === 1 ? files[0].output : `${files.length} masks in ${output}`;
      return {
        text: `${slices} ${slices === 1 ? "slice" : "slices"} segmented: ${shown}`,
        json: { files },
      };
    }),
  );
}
