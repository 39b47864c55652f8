import { ShapeError } from "../core/errors";
import { lungMask } from "../data/lungMask";
import type { Plane, SliceCase, VolumeGrid } from "../data/types";

/** The amount of one class in a scan. */
export interface LesionShare {
  readonly label: number;
  readonly name: string;
  readonly pixels: number;
  /** Percentage of all pixels. */
  readonly percentOfSlices: number;
  /** Percentage of the lungs, lesions included; `null` if the scan's values are not densities. */
  readonly percentOfLungs: number | null;
  /** `null` for pictures, whose size is not known. */
  readonly millilitres: number | null;
}

/**
 * The amount of each class except the background.
 *
 * @param cases slices with their images
 * @param masks one per slice, such as `Segmenter.segment` gives
 * @param classNames by label value
 * @param grid the volume that the slices were cut from, or `null`
 * @throws ShapeError if the numbers of masks and slices differ, or a mask has another size
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
