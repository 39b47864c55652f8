import type { ByteGrid } from "./grid";

/** A box of voxels, both ends included. */
export interface Box {
  readonly low: readonly [number, number, number];
  readonly high: readonly [number, number, number];
}

/**
 * For each label the smallest box around it in either grid, in one pass; `null` where neither has it.
 * Distances need only this box, and a lesion's is far smaller than the scan.
 */
export function labelBoxes(
  truth: ByteGrid,
  prediction: ByteGrid,
  numClasses: number,
): readonly (Box | null)[] {
  const { depth, height, width } = truth;
  const far = 0x7fffffff;
  // Bounds by label: low z, y, x, then high z, y, x.
  const bounds = new Int32Array(256 * 6);
  for (let label = 0; label < 256; label++) {
    bounds.fill(far, label * 6, label * 6 + 3).fill(-1, label * 6 + 3, label * 6 + 6);
  }
  const widen = (label: number, z: number, y: number, x: number): void => {
    const at = label * 6;
    if (z < bounds[at]) bounds[at] = z;
    if (y < bounds[at + 1]) bounds[at + 1] = y;
    if (x < bounds[at + 2]) bounds[at + 2] = x;
    if (z > bounds[at + 3]) bounds[at + 3] = z;
    if (y > bounds[at + 4]) bounds[at + 4] = y;
    if (x > bounds[at + 5]) bounds[at + 5] = x;
  };
  const [a, b] = [truth.data, prediction.data];
  for (let z = 0, i = 0; z < depth; z++) {
    for (let y = 0; y < height; y++) {
      // Only the ends of a run can move a bound.
      let lastA = 0;
      let lastB = 0;
      for (let x = 0; x < width; x++, i++) {
        const labelA = a[i];
        const labelB = b[i];
        if (labelA !== lastA) {
          if (lastA !== 0) widen(lastA, z, y, x - 1);
          if (labelA !== 0) widen(labelA, z, y, x);
          lastA = labelA;
        }
        if (labelB !== lastB) {
          if (lastB !== 0) widen(lastB, z, y, x - 1);
          if (labelB !== 0) widen(labelB, z, y, x);
          lastB = labelB;
        }
      }
      if (lastA !== 0) widen(lastA, z, y, width - 1);
      if (lastB !== 0) widen(lastB, z, y, width - 1);
    }
  }
  return Array.from({ length: numClasses }, (_, label) => {
    const [z0, y0, x0, z1, y1, x1] = bounds.subarray(label * 6, label * 6 + 6);
    // The background reaches everywhere, or may: its runs are not followed above.
    if (label === 0) {
      return { low: [0, 0, 0], high: [depth - 1, height - 1, width - 1] } as const;
    }
    return z1 < 0 ? null : ({ low: [z0, y0, x0], high: [z1, y1, x1] } as const);
  });
}
