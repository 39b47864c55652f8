import { DataError } from "../core/errors";

/**
 * Maps a file's labels to those of other class names, by the names of the classes, as a file may number them
 * differently (DICOM segmentations have names).
 *
 * @param own the file's class names by label, background first
 * @param wanted the class names to map to
 * @returns the new label by own label; `null` if the labels are already the same
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

/** Replaces labels by a map; `null` leaves them unchanged. */
export function renumber(labels: Uint8Array, map: readonly number[] | null): Uint8Array {
  return map === null ? labels : labels.map((label) => map[label]);
}
