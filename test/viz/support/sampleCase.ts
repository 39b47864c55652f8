import type { PlaneLike } from "../../../src/viz/masks/caseMasks";

export const CLASS_NAMES = [
  "background",
  "ground-glass opacity",
  "consolidation",
  "pleural effusion",
];

/** A simplified slice: two dark lungs in a bright body, in Hounsfield units. */
export function sampleScan(height: number, width: number): PlaneLike {
  const data = new Float32Array(height * width).map((_, i) => {
    const y = ((i / width) | 0) / height - 0.5;
    const x = (i % width) / width - 0.5;
    if ((x / 0.46) ** 2 + (y / 0.4) ** 2 > 1) return -1000;
    const inLung = ((Math.abs(x) - 0.2) / 0.14) ** 2 + (y / 0.27) ** 2 < 1;
    return (inLung ? -820 : 40) + 30 * Math.sin(i * 12.9898);
  });
  return { height, width, data };
}

/** A round lesion of each given class in the left lung, one below the other. */
export function sampleMask(scan: PlaneLike, labels: readonly number[], shift = 0): PlaneLike {
  const { height, width } = scan;
  const data = new Uint8Array(height * width).map((_, i) => {
    const y = ((i / width) | 0) / height - 0.5;
    const x = (i % width) / width - 0.5;
    const found = labels.findIndex(
      (_label, row) => Math.hypot(x + 0.2 + shift, y + 0.14 - row * 0.14) < 0.06 - 0.01 * row,
    );
    return found < 0 ? 0 : labels[found];
  });
  return { height, width, data };
}
