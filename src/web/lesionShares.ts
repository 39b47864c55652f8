import { ShapeError } from "../core/errors";
import { lungMask } from "../data/lungMask";
import type { Plane, SliceCase, VolumeGrid } from "../data/types";

/** How much of a scan is of one class. */
export interface LesionShare {
  readonly label: number;
  readonly name: string;
  readonly pixels: number;
  /** Of all pixels. */
  readonly percentOfSlices: number;
  /** Of the lungs, lesions among them; `null` where the scan's numbers say nothing of density. */
  readonly percentOfLungs: number | null;
  /** `null` for pictures, whose size is not known. */
  readonly millilitres: number | null;
}

/**
 * The share of each class but the background.
 *
 * @param cases slices with their images
 * @param masks one per slice, such as `Segmenter.segment` gives
 * @param classNames by label value
 * @param grid the volume that the slices were cut from, or `null`
 * @throws ShapeError where there are not as many masks as slices, or a mask has another size
 * @example
 * const image = { height: 1, width: 4, data: Float32Array.of(0, 0, 0, 0) };
 * const item = { id: "a", group: "a", image, labels: null, unit: "grey8" as const, spacingMm: null };
 * const mask = { height: 1, width: 4, data: Uint8Array.of(0, 1, 0, 0) };
 * lesionShares([item], [mask], ["background", "lesion"], null)[0].percentOfSlices; // 25
 */
export function lesionShares(
  cases: readonly SliceCase[],
  masks: readonly Plane<Uint8Array>[],
  classNames: readonly string[],
  grid: VolumeGrid | null,
): LesionShare[] {
  if (masks.length !== cases.length) {
    throw new ShapeError({
      where: "lesionShares.masks",
      expected: `${cases.length} masks, one per slice`,
      got: String(masks.length),
    });
  }
  const counts = classNames.map(() => 0);
  let pixels = 0;
  let lungs: number | null = 0;
  cases.forEach(({ image, unit }, index) => {
    const mask = masks[index];
    if (mask.height !== image.height || mask.width !== image.width) {
      throw new ShapeError({
        where: `lesionShares.masks[${index}]`,
        expected: `${image.height} x ${image.width}, as the slice`,
        got: `${mask.height} x ${mask.width}`,
      });
    }
    for (const label of mask.data) counts[label]++;
    pixels += mask.data.length;
    const lung = lungMask(image, unit, mask);
    if (lung === null || lungs === null) lungs = null;
    else for (const inside of lung.data) lungs += inside;
  });
  const voxelMm3 = grid === null ? null : grid.spacingMm.reduce((a, b) => a * b, 1);
  return classNames.slice(1).map((name, index) => {
    const count = counts[index + 1];
    return {
      label: index + 1,
      name,
      pixels: count,
      percentOfSlices: (100 * count) / pixels,
      percentOfLungs: lungs === null || lungs === 0 ? null : (100 * count) / lungs,
      millilitres: voxelMm3 === null ? null : (count * voxelMm3) / 1000,
    };
  });
}
