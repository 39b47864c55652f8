import type { Command } from "commander";
import { InvalidArgumentError, Option } from "commander";
import type { LabelMap } from "../data/labelMap";
import { INTENSITY_UNITS } from "../data/types";
import type { IntensityUnit } from "../data/types";
import { listOption } from "./options";

/** Options of every command that reads scans; see {@link addDataOptions}. */
export interface DataOptions {
  readonly series?: string;
}

/** The unit of a scan's values; see {@link addUnitOption}. */
export interface UnitOptions {
  readonly unit?: IntensityUnit;
}

/** Options for reading masks; see {@link addMaskOptions}. */
export interface MaskOptions {
  readonly classes?: readonly string[];
  readonly labels?: LabelMap;
  readonly resample?: boolean;
}

/** The options in the form of the readers, without those that were not given. */
export function readOptionsOf(options: DataOptions & UnitOptions & MaskOptions): {
  readonly series?: string;
  readonly unit?: IntensityUnit;
  readonly classNames?: readonly string[];
  readonly labels?: LabelMap;
  readonly resample?: boolean;
} {
  const { series, unit, classes, labels, resample } = options;
  return {
    ...(series === undefined ? {} : { series }),
    ...(unit === undefined ? {} : { unit }),
    ...(classes === undefined ? {} : { classNames: classes }),
    ...(labels === undefined ? {} : { labels }),
    ...(resample === undefined ? {} : { resample }),
  };
}

/** Adds all options for reading scans and their masks. */
export function addDatasetOptions(command: Command): Command {
  return addMaskOptions(addUnitOption(addDataOptions(command)));
}

/** Adds `--series`. */
export function addDataOptions(command: Command): Command {
  return command.option(
    "--series <uid>",
    "which DICOM series of a folder, by its UID or number; required if there are several, which the error lists",
  );
}

/** Adds `--unit`. */
export function addUnitOption(command: Command): Command {
  return command.addOption(
    new Option(
      "--unit <unit>",
      "the unit of a scan's values; default: the one stated in the file, or a guess",
    ).choices(INTENSITY_UNITS),
  );
}

/** Adds `--classes`, `--labels` and `--resample`. */
export function addMaskOptions(command: Command): Command {
  return command
    .option(
      "--classes <names>",
      "comma-separated names in label order, background first; default: those of the data, otherwise class 1, class 2 …",
      listOption,
    )
    .option(
      "--labels <value=label,…>",
      "the label for each value of the masks, such as 255=1; 0 stays 0",
      labelsOption,
    )
    .option(
      "--resample",
      "resample masks on another grid by nearest neighbour; by default they are an error",
    );
}

/** `255=1,1=1` as a {@link LabelMap}. */
function labelsOption(text: string): LabelMap {
  const labels: Record<number, number> = {};
  for (const part of text.split(",")) {
    const match = /^\s*(-?\d+)\s*=\s*(\d+)\s*$/.exec(part);
    const [value, label] = match === null ? [NaN, NaN] : [Number(match[1]), Number(match[2])];
    if (!(label <= 255) || value in labels) {
      throw new InvalidArgumentError(
        "Expected distinct values with labels from 0 to 255, such as 255=1,128=2.",
      );
    }
    labels[value] = label;
  }
  return labels;
}
