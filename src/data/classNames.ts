import { DataError } from "../core/errors";
import type { SliceDataset } from "./types";
import { CLASS_NAMES } from "./types";

/**
 * Placeholder for the class names of a data set that names none. {@link nameClasses} replaces it by numbered
 * classes once all masks are read. Compared by identity.
 */
export const UNNAMED: readonly string[] = Object.freeze(["background"]);

/**
 * Names for labels without names: `class 1`, `class 2`.
 *
 * @param largest the largest label; 0 gives the background only
 */
export function numberedClasses(largest: number): string[] {
  return ["background", ...Array.from({ length: largest }, (_, index) => `class ${index + 1}`)];
}

/**
 * The class names of a data set that is recognised by its file names: `tr_im` with `tr_mask`, the 100 slices of
 * the Italian society of radiology (and the phantom, which uses the same names).
 *
 * @returns `undefined` for any other pair
 */
export function knownPair(imageStem: string, maskStem: string): readonly string[] | undefined {
  return imageStem === "tr_im" && maskStem === "tr_mask" ? CLASS_NAMES : undefined;
}

/** The class names of COVID-SemiSeg, whose masks have no effusion. */
export const SEMI_SEG_NAMES: readonly string[] = CLASS_NAMES.slice(0, 3);

/**
 * Rejects two classes with the same name, which scores and tables could not tell apart.
 *
 * @param names by label, background first
 * @returns the names
 * @throws DataError that names the first pair
 */
export function expectDistinctNames(where: string, names: readonly string[]): string[] {
  const label = names.findIndex((name, index) => names.indexOf(name) !== index);
  if (label < 0) return [...names];
  throw new DataError({
    where,
    expected: "a different name for each class",
    got: `"${names[label]}" for labels ${names.indexOf(names[label])} and ${label}`,
    remedy:
      "Name each class once (classNames, --classes); to join two, map their values to one label (labels, --labels)",
  });
}

/** A flag per label, to be set by {@link markLabels}. */
export const noLabels = (): Uint8Array => new Uint8Array(256);

/** Marks the labels that occur in a mask. */
export function markLabels(labels: ArrayLike<number>, seen: Uint8Array): void {
  for (let i = 0; i < labels.length; i++) seen[labels[i]] = 1;
}

/**
 * Numbers the classes of a data set without class names: `class 1` up to the largest label in its masks. Labels
 * may be missing in between, but a few values far apart (0 and 255) are grey values, not labels.
 *
 * @param path for the message
 * @throws DataError that names the slice with such a value
 */
export function nameClasses(path: string, dataset: SliceDataset): SliceDataset {
  if (dataset.classNames !== UNNAMED) {
    expectDistinctNames(path, dataset.classNames);
    return dataset;
  }
  const seen = noLabels();
  for (const { labels } of dataset.cases) if (labels !== null) markLabels(labels.data, seen);
  const largest = Math.max(0, seen.lastIndexOf(1));
  expectLabels(() => `${path}: ${placeOf(largest, dataset)}`, seen);
  return { ...dataset, classNames: numberedClasses(largest) };
}

/** Describes the first pixel with a label. */
function placeOf(label: number, { cases }: SliceDataset): string {
  for (const { id, labels } of cases) {
    const at = labels === null ? -1 : labels.data.indexOf(label);
    if (labels === null || at < 0) continue;
    return `slice ${id}, row ${Math.floor(at / labels.width)}, column ${at % labels.width}`;
  }
  return "";
}

/**
 * @param seen a flag per label; the background counts as seen
 * @throws DataError for values that are too few and too far apart to be labels
 */
export function expectLabels(where: () => string, seen: Uint8Array): void {
  const values = [0, ...[...seen.keys()].filter((label) => label > 0 && seen[label] === 1)];
  const largest = values[values.length - 1];
  if (2 * values.length >= largest + 1) return;
  const shown = values.length > 8 ? [...values.slice(0, 7), "…", largest] : values;
  throw new DataError({
    where: where(),
    expected: "labels 0, 1, 2 and so on, one per class, since nothing names the classes",
    got: `the values ${shown.join(", ")}`,
    remedy:
      "Map the values to labels (labels, --labels 255=1), or name every class (classNames, --classes)",
  });
}
