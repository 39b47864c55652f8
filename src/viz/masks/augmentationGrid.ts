import type { Figure } from "../Figure";
import type { ComparedCase } from "./caseMasks";
import { compareMasks } from "./compareMasks";
import type { CompareMasksOptions } from "./compareMasks";

/** A sample as the network sees it, with how it was augmented. */
export interface AugmentedSample extends Omit<ComparedCase, "masks"> {
  /** For example `"rotate90"`; absent on the sample as it came. */
  readonly augmentation?: string;
}

/**
 * Augmented copies, one row each: the image, and the mask that was moved with it. A mask that did
 * not follow its image shows at once.
 *
 * @param samples the untouched sample first
 * @example
 * const image = { height: 1, width: 2, data: [0, 1] };
 * augmentationGrid([{ id: "a", image, labels: image }], { classNames: ["background", "lesion"] }).description;
 * // "Scan and Truth of a; classes lesion."
 */
export function augmentationGrid(
  samples: readonly AugmentedSample[],
  options: CompareMasksOptions,
): Figure {
  return compareMasks(
    samples.map((sample) => ({
      ...sample,
      id: sample.augmentation === undefined ? sample.id : `${sample.id}: ${sample.augmentation}`,
    })),
    { panelSize: 150, ...options },
  );
}
