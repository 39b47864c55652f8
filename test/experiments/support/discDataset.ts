import { CLASS_NAMES } from "../../../src/data";
import type { SliceDataset } from "../../../src/data";
import { discSamples } from "./samples";

/** Slices with discs, of their own size and in 8-bit grey. */
export function discDataset(count = 8, size = 24): SliceDataset {
  return {
    name: "discs",
    classNames: CLASS_NAMES.slice(0, 3),
    grid: null,
    cases: discSamples(count, size).map(({ id, group, image, labels }) => ({
      id,
      group,
      image: { ...image, data: image.data.map((grey) => 255 * grey) },
      labels,
      unit: "grey8",
      spacingMm: null,
    })),
  };
}
