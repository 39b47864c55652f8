import { DataError } from "../core/errors";

/**
 * The label that each of a file's own labels has among other class names, where the file names its classes
 * (as DICOM segmentations do): a number alone says nothing of which class is meant.
 *
 * @param own the file's names by label, background first
 * @param wanted the names that its labels are to follow
 * @returns by own label; `null` where the labels are the same already
 * @throws DataError for a class that is not among the wanted ones
 */
export function labelsByName(
  where: string,
  own: readonly string[],
  wanted: readonly string[],
): readonly number[] | null {
  const map = own.map((name, label) => (label === 0 ? 0 : wanted.indexOf(name)));
  const missing = own.filter((_, label) => map[label] < 0);
  if (missing.length > 0) {
    throw new DataError({
      where,
      expected: `the classes ${wanted.slice(1).join(", ")}`,
      got: missing.join(", "),
      remedy:
        "Name the classes by number (classNames, --classes) if these are the same classes under other names",
    });
  }
  return map.every((to, label) => to === label) ? null : map;
}

/** Labels under other numbers. */
export function renumber(labels: Uint8Array, map: readonly number[] | null): Uint8Array {
  return map === null ? labels : labels.map((label) => map[label]);
}
