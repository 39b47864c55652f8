import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ConfigError, DataError } from "../../core/errors";
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
 * @param config says how a path is read, or which phantom: its size, and the seed
 * @param readOptions how a path is read, over what the configuration says
 * @throws DataError when it cannot be read, or a slice has no mask; ConfigError for ways to read the
 *   phantom, which has none
 */
export async function loadLabelledData(
  source: string,
  config: Pick<TrainingConfig, "phantom" | "seed"> & Partial<Pick<TrainingConfig, "data">>,
  readOptions: ReadDatasetOptions = {},
): Promise<SliceDataset> {
  const settings = config.data === undefined ? {} : settingsOf(config.data);
  const dataset =
    source === PHANTOM
      ? await phantom(config, settings)
      : await readDataset(source, { ...settings, ...readOptions });
  const unlabelled = dataset.cases.find(({ labels }) => labels === null);
  if (unlabelled !== undefined) {
    throw new DataError({
      where: source,
      expected: "a mask for every slice",
      got: `none for "${unlabelled.id}"`,
      remedy:
        "Put the masks beside the images: in folders images and masks, or as scan.nii.gz and scan_mask.nii.gz.",
    });
  }
  return dataset;
}

/** The settings of `data` that say something, as the readers take them. */
function settingsOf(data: TrainingConfig["data"]): ReadDatasetOptions {
  const said = Object.entries(data).filter(([, value]) => value !== null && value !== false);
  return Object.fromEntries(said);
}

async function phantom(
  { phantom: { count, size }, seed }: Pick<TrainingConfig, "phantom" | "seed">,
  settings: ReadDatasetOptions,
): Promise<SliceDataset> {
  const [unused] = Object.keys(settings);
  if (unused !== undefined) {
    throw new ConfigError({
      where: `config.data.${unused}`,
      expected: "no value for the phantom, whose data are generated",
      got: "a value",
      remedy: "Name the data (--data), or leave it out",
    });
  }
  const folder = await mkdtemp(join(tmpdir(), "layerbook-phantom-"));
  try {
    await writePhantom(folder, { count, size, seed });
    const dataset = await readDataset(folder);
    // Every slice of it is of another patient.
    return { ...dataset, name: PHANTOM, patients: "known" };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
