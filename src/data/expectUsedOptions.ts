import { ConfigError } from "../core/errors";
import type { LabelMap } from "./labelMap";
import type { IntensityUnit } from "./types";

/** Options that apply only to some kinds of data. */
export interface KindOptions {
  readonly series?: string | undefined;
  readonly unit?: IntensityUnit | undefined;
  readonly labels?: LabelMap | undefined;
}

/**
 * Rejects options that a kind of data would ignore: a series without DICOM, a unit for pictures, which
 * are grey, and labels for a DICOM segmentation, whose segments have names.
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
