import type { Figure } from "../Figure";
import type { ComparedCase } from "./caseMasks";
import { compareMasks } from "./compareMasks";
import type { CompareMasksOptions } from "./compareMasks";

/** A sample as the network receives it, with the name of its augmentation. */
export interface AugmentedSample extends Omit<ComparedCase, "masks"> {
  /** For example `"rotate90"`; absent for the original sample. */
  readonly augmentation?: string;
}

/**
 * Augmented copies, one row each: the image, and the mask transformed with it. A mask that was not
 * transformed like its image is easy to see.
 *
 * @param samples the original sample first
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
