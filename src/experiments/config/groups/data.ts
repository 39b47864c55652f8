import * as z from "zod";
import { INTENSITY_UNITS } from "../../../data/types";
import { group, setting } from "../setting";
import { count } from "./numbers";

/** The settings for reading data. */
export const dataSettings = group({
  /** Which DICOM series of a folder, by its UID or number; `null` if there is only one. */
  series: setting(z.string().min(1).nullable(), null, "which DICOM series, by its UID or number"),
  /** The unit of the scans' values; `null` for the one stated in the file, or a guess. */
  unit: setting(
    z.enum(INTENSITY_UNITS).nullable(),
    null,
    "the unit of the scans' values; null for the one stated in the file, or a guess",
  ),
  /** Names by label, background first; `null` for those of the data, else `class 1` … */
  classNames: setting(
    z
      .array(z.string().min(1))
      .min(2)
      .refine((names) => new Set(names).size === names.length, "a different name for each class")
      .nullable(),
    null,
    "names by label, background first; null for those of the data, else class 1 …",
  ),
  /** The label for each value of the masks; `null` if values are labels. */
  labels: setting(
    z
      .record(
        z.string().regex(/^(0|-?[1-9]\d*)$/, "an integer as the value of a mask"),
        z.int().min(0).max(255),
      )
      .nullable(),
    null,
    'the label for each value of the masks, e.g. {"255":1}; null if values are labels',
  ),
  /** Whether to resample masks on another grid by nearest neighbour; by default they are an error. */
  resample: setting(z.boolean(), false, "resample masks on another grid"),
});

/** The settings of the phantom. */
export const phantomSettings = group({
  /** Number of slices. */
  count: setting(count, 100, "number of slices of the phantom"),
  /** Side of a slice in pixels, before resizing. */
  size: setting(z.int().min(32).max(1024), 256, "side of the phantom's slices"),
});
