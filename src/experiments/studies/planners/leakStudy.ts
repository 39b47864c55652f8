import type { Split } from "../../../data/splits";
import type { Job, Leak } from "../job";
import { foldBySeed } from "./foldBySeed";
import type { CommonPlan } from "./foldBySeed";

/** Options of {@link planLeakStudy}; the `folds` keep each patient's slices together. */
export interface LeakPlan extends CommonPlan {
  /** A name accepted by `modelByName`. */
  readonly model: string;
  /** The same number of folds of the same cases, but split by slices. */
  readonly tornFolds: readonly Split[];
}

/** The protocols. The first, without leaks, is the row that the others are tested against. */
const PROTOCOLS: readonly (Leak & { readonly name: string })[] = [
  { name: "honest", copiesBeforeSplit: false, tornGroups: false },
  { name: "torn", copiesBeforeSplit: false, tornGroups: true },
  { name: "copies", copiesBeforeSplit: true, tornGroups: false },
  { name: "both", copiesBeforeSplit: true, tornGroups: true },
];

/**
 * Plans one model under four protocols: augmented copies made after or before the split, and a patient's
 * slices together or on both sides. All train on the same number of images, and each slice is tested once.
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
