import { ConfigError } from "../core/errors";
import type { LabelMap } from "./labelMap";
import type { IntensityUnit } from "./types";

/** Ways to read that only some kinds of data have. */
export interface KindOptions {
  readonly series?: string | undefined;
  readonly unit?: IntensityUnit | undefined;
  readonly labels?: LabelMap | undefined;
}

/**
 * Refuses what a kind of data would ignore: a series where there is no DICOM, a unit of pictures, which
 * are grey, and labels for the values of a DICOM segmentation, whose segments are named.
 *
 * @throws ConfigError that names the option
 */
export function expectUsedOptions(
  where: string,
  kind: "nifti" | "npz" | "pictures" | "dicom",
  { series, unit, labels }: KindOptions,
): void {
  if (series !== undefined && kind !== "dicom") {
    throw new ConfigError({
      where,
      expected: `a DICOM folder, to take the series ${series} from`,
      got: "files of another kind",
      remedy: "Leave out series (--series)",
    });
  }
  if (unit !== undefined && unit !== "grey8" && kind === "pictures") {
    throw new ConfigError({
      where,
      expected: `NIfTI, DICOM or NumPy files, whose numbers may be ${unit}`,
      got: "pictures, which are grey from 0 to 255",
      remedy: "Leave out unit (--unit)",
    });
  }
  if (labels !== undefined && kind === "dicom") {
    throw new ConfigError({
      where,
      expected: "masks whose values stand for labels",
      got: "DICOM, whose segmentations name their segments",
      remedy: "Leave out labels (--labels)",
    });
  }
}
