import { DataError } from "../../core/errors";
import type { Split } from "../../data/splits";
import type { SliceCase, SliceDataset } from "../../data/types";

/**
 * Rejects masks that have only background.
 *
 * @throws DataError if no mask has a class
 */
export function expectForeground(source: string, { cases }: Pick<SliceDataset, "cases">): void {
  if (cases.some(({ labels }) => labels?.data.some((label) => label > 0) ?? false)) return;
  throw new DataError({
    where: source,
    expected: "masks that mark at least one class",
    got: `${cases.length} with background only`,
    remedy: "Check that these are the masks, and not other files with the same names",
  });
}

/**
 * Foreground classes that occur in the data set but not in the slices with these ids, so that a network trained on
 * these slices cannot learn them.
 */
export function missingClasses(
  { cases, classNames }: Pick<SliceDataset, "cases" | "classNames">,
  ids: readonly string[],
): string[] {
  const chosen = new Set(ids);
  const labelsOf = (some: readonly SliceCase[]) =>
    new Set(some.flatMap(({ labels }) => [...new Set(labels?.data)]));
  const everywhere = labelsOf(cases);
  const present = labelsOf(cases.filter(({ id }) => chosen.has(id)));
  return classNames.filter((_, label) => label > 0 && everywhere.has(label) && !present.has(label));
}

/**
 * Notes on classes that are missing from the training slices of some folds.
 *
 * @returns one line per class; none if every fold has every class
 */
export function missingClassNotes(
  dataset: Pick<SliceDataset, "cases" | "classNames">,
  folds: readonly Pick<Split, "fold" | "train">[],
): string[] {
  const without = new Map<string, number[]>();
  for (const { fold, train } of folds) {
    for (const missing of missingClasses(dataset, train)) {
      without.set(missing, [...(without.get(missing) ?? []), fold + 1]);
    }
  }
  return [...without].map(([className, numbers]) => {
    const what = `no training slice has "${className}", so it cannot be learned`;
    if (folds.length === 1) return `${what}.`;
    return `in ${numbers.length === 1 ? "fold" : "folds"} ${numbers.join(", ")} ${what}.`;
  });
}
