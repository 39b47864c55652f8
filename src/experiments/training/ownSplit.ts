import { ConfigError } from "../../core/errors";
import type { ReadDatasetOptions } from "../../data/readDataset";
import { readSplits } from "../../data/splits";
import type { Split } from "../../data/splits";
import type { SliceDataset } from "../../data/types";
import type { TrainingConfig } from "../config/trainingConfig";
import { loadLabelledData } from "./dataSource";

/**
 * Loads a source with one of the splits in a user's file.
 *
 * @param options.fold which of the splits, counted from 1
 * @throws DataError for a file or data that cannot be read; ConfigError for a fold that does not exist
 */
export async function ownSplit(options: {
  readonly source: string;
  readonly path: string;
  readonly fold: number;
  readonly config: TrainingConfig;
  readonly readOptions?: ReadDatasetOptions;
}): Promise<{ dataset: SliceDataset; split: Split }> {
  const { source, path, fold, config } = options;
  const dataset = await loadLabelledData(source, config, options.readOptions);
  const splits = await readSplits(path, dataset.cases);
  const split = splits.at(fold - 1);
  if (split !== undefined) return { dataset, split };
  throw new ConfigError({
    where: path,
    expected: `a fold from 1 to ${splits.length}`,
    got: String(fold),
  });
}
