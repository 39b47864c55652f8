import { rejectChangedSettings } from "../training/unusedSettings";
import type { TrainingConfig } from "../config/trainingConfig";
import { expectModelName } from "../training/buildModel";
import { conductStudy } from "./conductStudy";
import type { StudyOptions } from "./conductStudy";
import { planCompare } from "./planners/compare";
import type { StudyResult } from "./runStudy";
import { tablesOf, writeTable } from "./views/paperTables";
import type { Tables } from "./views/paperTables";

/** What {@link compareModels} compares. */
export interface CompareOptions extends StudyOptions {
  /** Names that `modelByName` knows. */
  readonly models: readonly string[];
  readonly augmentations: readonly TrainingConfig["augmentation"][];
}

/** What a comparison came to. */
export interface Comparison extends StudyResult {
  readonly tables: Tables;
}

/**
 * Trains every model with every augmentation on every fold, and ends in the paper's Tables I and II
 * as Markdown, CSV and LaTeX.
 *
 * All share the folds and the seeds. Augmented copies are made of a fold's training slices alone.
 * Each training's record is saved when it ends; the tables are averages of records.
 *
 * @throws DataError for data that cannot be read; ConfigError when the folder holds another
 *   comparison. Nothing is written then.
 */
export async function compareModels(options: CompareOptions): Promise<Comparison> {
  const { models, augmentations, out, seeds } = options;
  models.forEach(expectModelName);
  const isVaried = augmentations.some((each) => each !== options.config.augmentation);
  if (isVaried) {
    rejectChangedSettings(
      options.config,
      "augmentation",
      "a comparison varies itself",
      "Name the augmentations to compare instead (--augmentation, option augmentations).",
    );
  }
  // The plan varies the augmentation, so it is no part of what all jobs share.
  const config: TrainingConfig = { ...options.config, augmentation: "none" };
  const result = await conductStudy("compare", { ...options, config }, (folds) =>
    planCompare({
      models,
      augmentations,
      config,
      folds,
      ...(seeds === undefined ? {} : { seeds }),
    }),
  );
  const tables = tablesOf(result.records);
  if (result.isComplete) {
    await writeTable(out, "table1", tables.tableOne);
    if (tables.tableTwo !== null) await writeTable(out, "table2", tables.tableTwo);
  }
  return { ...result, tables };
}
