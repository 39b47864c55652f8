import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ConfigError, DataError } from "../../core/errors";
import { writePhantom } from "../../data/phantom/makePhantom";
import { readDataset } from "../../data/readDataset";
import type { ReadDatasetOptions } from "../../data/readDataset";
import type { SliceDataset } from "../../data/types";
import type { TrainingConfig } from "../config/trainingConfig";

/** The name of the seeded phantom as a source. */
export const PHANTOM = "phantom";

/**
 * Loads slices with masks from a path, or from the phantom, which is written as NIfTI and read like any
 * other data set.
 *
 * @param source a path that `readDataset` reads, or `"phantom"`
 * @param config the options for reading a path, or the size and seed of the phantom
 * @param readOptions options for reading a path, which override the configuration
 * @throws DataError if it cannot be read or a slice has no mask; ConfigError for reading options with
 *   the phantom, which takes none
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

/** The settings of `data` that are not null, as options of the readers. */
function settingsOf(data: TrainingConfig["data"]): ReadDatasetOptions {
  const given = Object.entries(data).filter(([, value]) => value !== null && value !== false);
  return Object.fromEntries(given);
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
    // Every slice is from a different patient.
    return { ...dataset, name: PHANTOM, patients: "known" };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
