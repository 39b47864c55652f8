import { ConfigError } from "../core/errors";
import { toByteGrid, toBytePair, toSpacing3 } from "./grid";
import type { LabelGrid, LabelVolume } from "./grid";

/**
 * Volume of a class in millilitres.
 *
 * @param spacingMm `[slice, row, column]`
 * @example
 * const volume = { depth: 1, height: 1, width: 2, data: Uint8Array.of(1, 1) };
 * volumeMl(volume, 1, [5, 10, 10]); // 1
 */
export function volumeMl(
  volume: LabelVolume,
  label: number,
  spacingMm: readonly [number, number, number],
): number {
  const grid = toByteGrid("volumeMl.volume", volume);
  const [slice, row, column] = toSpacing3("volumeMl", spacingMm, grid.rank);
  let voxels = 0;
  for (let i = 0; i < grid.data.length; i++) if (grid.data[i] === label) voxels++;
  return (voxels * slice * row * column) / 1000;
}

/**
 * Diseased part of the lung: the percentage of the lung mask's voxels with one of the labels. The lung
 * mask must include the lesions, as that of `lungMask` with `lesions` does; labels outside it (an
 * effusion) are not counted.
 *
 * @param lungMask not 0 in the lungs
 * @param diseaseLabels default: every label but 0
 * @returns NaN for an empty lung mask
 * @throws ShapeError when the grids differ in shape
 * @example
 * const labels = { height: 1, width: 4, data: Uint8Array.of(0, 1, 2, 3) };
 * const lungs = { height: 1, width: 4, data: Uint8Array.of(1, 1, 1, 0) };
 * lungInvolvementPercent(labels, lungs, [1]).toFixed(1); // "33.3"
 */
export function lungInvolvementPercent(
  labels: LabelGrid,
  lungMask: LabelGrid,
  diseaseLabels?: readonly number[],
): number {
  const { truth: lung, prediction: disease } = toBytePair(
    "lungInvolvementPercent",
    lungMask,
    labels,
  );
  if (diseaseLabels?.length === 0) {
    throw new ConfigError({
      where: "lungInvolvementPercent.diseaseLabels",
      expected: "at least one label",
      got: "[]",
    });
  }
  return involvementPercent(disease.data, lung.data, diseaseLabels);
}

/** {@link lungInvolvementPercent} on bytes that have already been checked. */
export function involvementPercent(
  labels: Uint8Array,
  lung: Uint8Array,
  diseaseLabels: readonly number[] | undefined,
): number {
  const isDisease = new Uint8Array(256).fill(diseaseLabels === undefined ? 1 : 0, 1);
  for (const label of diseaseLabels ?? []) isDisease[label] = 1;
  let lungVoxels = 0;
  let diseased = 0;
  for (let i = 0; i < lung.length; i++) {
    if (lung[i] === 0) continue;
    lungVoxels++;
    diseased += isDisease[labels[i]];
  }
  return lungVoxels === 0 ? NaN : (100 * diseased) / lungVoxels;
}
