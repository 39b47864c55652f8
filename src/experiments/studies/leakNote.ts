import type { Splittable } from "../../data/splits";

/**
 * A note for the table of a leak study on what its data can show about splitting groups.
 *
 * @param cases the slices that are tested
 * @param arePatientsKnown false if groups are only near-duplicates
 * @returns `null` if groups are patients with several slices, as the study assumes
 * @example
 * const cases = [{ id: "a", group: "a" }, { id: "b", group: "b" }];
 * leakNote(cases, true)?.slice(0, 43); // "No two of the 2 slices are in one group, so"
 */
export function leakNote(
  cases: readonly Pick<Splittable, "id" | "group">[],
  arePatientsKnown: boolean,
): string | null {
  const slices = new Map<string, Set<string>>();
  for (const { id, group } of cases) slices.set(group, (slices.get(group) ?? new Set()).add(id));
  const groups = [...slices.values()];
  const count = groups.reduce((sum, ids) => sum + ids.size, 0);
  const several = groups.filter((ids) => ids.size > 1);
  const shared = several.reduce((sum, ids) => sum + ids.size, 0);
  if (several.length === 0) {
    return (
      `No two of the ${count} slices are in one group, so no group can be split: those rows differ ` +
      "from the others only by their folds. " +
      (arePatientsKnown
        ? "Each patient has one slice."
        : "The data do not name patients; if several slices are from one patient, the effect of splitting " +
          "them is in all rows and cannot be seen.") +
      " The effect of copies before the split is still shown."
    );
  }
  if (arePatientsKnown) return null;
  return (
    "The data do not name patients, so only near-duplicates are kept together: " +
    `${several.length} ${several.length === 1 ? "group" : "groups"} with ${shared} of the ${count} slices. ` +
    "Slices of one patient may be on both sides of every split, so the effect of splitting groups " +
    "understates the leak. The effect of copies before the split is still shown."
  );
}
