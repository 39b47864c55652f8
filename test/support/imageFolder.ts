import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { encode } from "fast-png";
import { encodeMaskPng } from "../../src/data";
import type { Sample } from "../../src/data";

/** Writes samples as `images` (8-bit grey) and `masks` (palette), a common layout of datasets. */
export async function writeImageFolder(
  folder: string,
  samples: readonly Pick<Sample, "id" | "image" | "labels">[],
): Promise<void> {
  for (const part of ["images", "masks"]) await mkdir(join(folder, part), { recursive: true });
  for (const { id, image, labels } of samples) {
    const { width, height } = image;
    const data = Uint8Array.from(image.data, (grey) =>
      Math.round(255 * Math.min(1, Math.max(0, grey))),
    );
    await writeFile(
      join(folder, "images", `${id}.png`),
      encode({ width, height, data, depth: 8, channels: 1 }),
    );
    if (labels !== null) await writeFile(join(folder, "masks", `${id}.png`), encodeMaskPng(labels));
  }
}
