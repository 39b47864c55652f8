import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DataError } from "../../core/errors";
import { writePhantom } from "../../data/phantom/makePhantom";
import { readDataset } from "../../data/readDataset";
import type { ReadDatasetOptions } from "../../data/readDataset";
import type { SliceDataset } from "../../data/types";
import type { TrainingConfig } from "../config/trainingConfig";

/** The source that stands for the seeded phantom. */
export const PHANTOM = "phantom";

/**
 * Slices with their masks: from a path, or the phantom, which is written as NIfTI and read back
 * the way that any other data set is.
 *
 * @param source a path that `readDataset` reads, or `"phantom"`
 * @param config says which phantom: its size, and the seed
 * @param readOptions how a path is read
 * @throws DataError when it cannot be read, or a slice has no mask
 */
export async function loadLabelledData(
  source: string,
  config: Pick<TrainingConfig, "phantom" | "seed">,
  readOptions: ReadDatasetOptions = {},
): Promise<SliceDataset> {
  const dataset =
    source === PHANTOM ? await phantom(config) : await readDataset(source, readOptions);
  const unlabelled = dataset.cases.find(({ labels }) => labels === null);
  if (unlabelled !== undefined) {
    throw new DataError({
      where: source,
      expected: "a mask for every slice",
      got: `none for "${unlabelled.id}"`,
      remedy:
        "Put the masks beside the images: Imgs and GT, images and masks, or tr_im and tr_mask.",
    });
  }
  return dataset;
}

async function phantom({
  phantom: { count, size },
  seed,
}: Pick<TrainingConfig, "phantom" | "seed">): Promise<SliceDataset> {
  const folder = await mkdtemp(join(tmpdir(), "layerbook-phantom-"));
  try {
    await writePhantom(folder, { count, size, seed });
    const dataset = await readDataset(folder);
    return { ...dataset, name: PHANTOM };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
