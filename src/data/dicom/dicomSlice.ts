import type { IntensityUnit } from "../types";
import { Fields, fieldError } from "./fields";
import type { DicomElements } from "./parseDicom";
import { readPixels } from "./pixelData";
import { applyValueRule, readValueRule } from "./pixelValues";

/** One slice of a series: its position, and how its pixels are stored. */
export interface DicomSlice {
  readonly path: string;
  /** All elements of the file, for segmentations that refer to it. */
  readonly elements: DicomElements;
  readonly rows: number;
  readonly columns: number;
  /** Position of the first pixel, in mm, axes left, posterior, superior. */
  readonly position: readonly number[];
  /** Direction of increasing column, then of increasing row. */
  readonly orientation: readonly number[];
  /** Distance between rows, then between columns, in mm. */
  readonly spacing: readonly number[];
  readonly thickness: number;
  readonly unit: IntensityUnit;
  /** Values with slope and intercept or modality LUT applied, row by row. */
  decode(): Promise<Float32Array>;
}

/** Rejects directions that are not unit vectors at right angles. */
function checkOrientation(path: string, orientation: readonly number[]): void {
  const length = (from: number) => Math.hypot(...orientation.slice(from, from + 3));
  const dot = [0, 1, 2].reduce((sum, i) => sum + orientation[i] * orientation[3 + i], 0);
  if (Math.abs(length(0) - 1) > 1e-2 || Math.abs(length(3) - 1) > 1e-2 || Math.abs(dot) > 1e-2) {
    const got = orientation.join(", ");
    throw fieldError(path, "orientation", "two unit directions at right angles", got);
  }
}

/**
 * Reads one file's slice; its pixels are decoded on request.
 *
 * @throws DataError if the file is not a grey image of one frame with a position in the patient
 */
export function readDicomSlice(elements: DicomElements): DicomSlice {
  const { path } = elements;
  const fields = new Fields(elements);
  const rule = readValueRule(elements);
  const [frames] = fields.numbers("frames", 1, [1]);
  if (frames !== 1) {
    throw fieldError(
      path,
      "frames",
      "one slice in each file",
      `${frames} frames in one file (enhanced, multi-frame DICOM)`,
      "Convert it to NIfTI (dcm2niix), or to one file for each slice (emf2sf of dcm4che)",
    );
  }
  const spacing = fields.numbers("spacing", 2);
  if (!spacing.every((mm) => mm > 0)) {
    throw fieldError(path, "spacing", "distances above 0 mm", spacing.join(", "));
  }
  const orientation = fields.numbers("orientation", 6);
  checkOrientation(path, orientation);
  return {
    path,
    elements,
    rows: rule.rows,
    columns: rule.columns,
    position: fields.numbers("position", 3),
    orientation,
    spacing,
    thickness: fields.numbers("thickness", 1, [1])[0],
    unit: rule.unit,
    async decode() {
      return applyValueRule(await readPixels(elements, rule), rule);
    },
  };
}
