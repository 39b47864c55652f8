import type { Split } from "../../../data/splits";
import type { Job, Leak } from "../job";
import { foldBySeed } from "./foldBySeed";
import type { CommonPlan } from "./foldBySeed";

/** What a leak study varies; its `folds` keep each patient's slices together. */
export interface LeakPlan extends CommonPlan {
  /** A name that `modelByName` knows. */
  readonly model: string;
  /** As many folds of the same cases, dealt slice by slice. */
  readonly tornFolds: readonly Split[];
}

/** The protocols, the honest one first: it is the row that others are tested against. */
const PROTOCOLS: readonly (Leak & { readonly name: string })[] = [
  { name: "honest", copiesBeforeSplit: false, tornGroups: false },
  { name: "torn", copiesBeforeSplit: false, tornGroups: true },
  { name: "copies", copiesBeforeSplit: true, tornGroups: false },
  { name: "both", copiesBeforeSplit: true, tornGroups: true },
];

/**
 * One model under four protocols: augmented copies made after or before the split, a patient's slices
 * together or torn apart. All train on as many images, and each slice is tested on once.
 */
export function planLeakStudy(plan: LeakPlan): Job[] {
  const { model, folds, tornFolds } = plan;
  return foldBySeed(plan, ({ split, config }) =>
    PROTOCOLS.map(({ name, ...leak }) => ({
      name: [name],
      model,
      config: { ...config, augmentation: "paper" },
      split: leak.tornGroups ? tornFolds[folds.indexOf(split)] : split,
      factors: {
        copies: leak.copiesBeforeSplit ? "before the split" : "after the split",
        groups: leak.tornGroups ? "torn apart" : "kept together",
      },
      ...(leak.tornGroups || leak.copiesBeforeSplit ? { leak } : {}),
    })),
  );
}
