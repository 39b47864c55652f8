import type { Split } from "../../../data/splits";
import type { TrainingConfig } from "../../config/trainingConfig";
import { jobId } from "../job";
import type { Job, Leak } from "../job";

/** What a leak study varies. */
export interface LeakPlan {
  /** A name that `modelByName` knows. */
  readonly model: string;
  readonly seeds?: readonly number[];
  readonly config: TrainingConfig;
  /** Folds that keep each patient's slices together. */
  readonly folds: readonly Split[];
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
  const { model, folds, tornFolds, config, seeds = [config.seed] } = plan;
  return folds.flatMap((whole, index) =>
    seeds.flatMap((seed) =>
      PROTOCOLS.map(({ name, ...leak }): Job => {
        const split = leak.tornGroups ? tornFolds[index] : whole;
        const isHonest = !leak.tornGroups && !leak.copiesBeforeSplit;
        return {
          id: jobId([name], { fold: split.fold, ...(seeds.length > 1 ? { seed } : {}) }),
          model,
          config: { ...config, seed, augmentation: "paper" },
          split,
          factors: {
            copies: leak.copiesBeforeSplit ? "before the split" : "after the split",
            groups: leak.tornGroups ? "torn apart" : "kept together",
          },
          ...(isHonest ? {} : { leak }),
        };
      }),
    ),
  );
}
