import type { SliceDataset } from "./types";

/**
 * A note to show beside scores if the patients are unknown: what splitting such a data set means for
 * the scores.
 *
 * @returns `null` if each group is one patient, whose slices are all on one side of the split
 * @example
 * splitNote({ name: "lung", patients: "known" }); // null
 */
export function splitNote({
  name,
  patients = "known",
}: Pick<SliceDataset, "name" | "patients">): string | null {
  switch (patients) {
    case "known":
      return null;
    case "oneVolume":
      return (
        `Split by slices of one volume (${name}). If it is one patient's, slices of that patient are on ` +
        "both sides, and the scores do not show how well other patients would be segmented."
      );
    case "unknown":
      return (
        "Split by slices: the data do not identify patients, so one patient's slices may be " +
        "on both sides, which raises the scores."
      );
  }
}
