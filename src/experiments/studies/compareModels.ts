import { rejectChangedSettings } from "../training/unusedSettings";
import type { TrainingConfig } from "../config/trainingConfig";
import { expectModelName } from "../training/buildModel";
import { conductStudy } from "./conductStudy";
import type { StudyOptions } from "./conductStudy";
import { planCompare } from "./planners/compare";
import type { StudyResult } from "./runStudy";
import { tablesOf, writeTable } from "./views/paperTables";
import type { Tables } from "./views/paperTables";

/** Options of {@link compareModels}. */
export interface CompareOptions extends StudyOptions {
  /** Names accepted by `modelByName`. */
  readonly models: readonly string[];
  readonly augmentations: readonly TrainingConfig["augmentation"][];
}

/** The result of a comparison. */
export interface Comparison extends StudyResult {
  readonly tables: Tables;
}

/**
 * Trains every model with every augmentation on every fold, and writes the paper's Tables I and II as
 * Markdown, CSV and LaTeX.
 *
 * All trainings use the same folds and seeds. Only a fold's training slices are augmented. The record of
 * each training is saved when it ends; the tables are computed from the records.
 *
 * @throws DataError for data that cannot be read; ConfigError if the folder has another comparison.
 *   Nothing is written then.
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
  // The plan varies the augmentation, so it is not among the shared settings.
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
