import { conductStudy } from "./conductStudy";
import type { StudyOptions } from "./conductStudy";
import { planAblate } from "./planners/ablate";
import type { AblatePlan } from "./planners/ablate";
import type { StudyResult } from "./runStudy";
import { writeTable } from "./views/paperTables";
import { studyTables } from "./views/studyTables";
import type { StudyTable } from "./views/studyTable";

/** Options of {@link ablateModel}. */
export interface AblateOptions extends StudyOptions, Pick<AblatePlan, "factors"> {}

/** The result of an ablation. */
export interface Ablation extends StudyResult {
  readonly table: StudyTable;
}

/**
 * Trains `residualAttentionUnet` unchanged, and with one part or setting changed at a time, on every
 * fold. Writes a table whose first row is the unchanged model, which the other rows are tested against.
 *
 * @throws DataError for data that cannot be read; ConfigError for an unknown factor, or if the folder
 *   has another study. Nothing is written then.
 */
export async function ablateModel(options: AblateOptions): Promise<Ablation> {
  const { factors, config, out, seeds } = options;
  // Reject a wrong factor before the data are read.
  planAblate({ factors, config, folds: [] });
  const result = await conductStudy("ablate", options, (folds) =>
    planAblate({ factors, config, folds, ...(seeds === undefined ? {} : { seeds }) }),
  );
  const [table] = studyTables("ablate", result.records);
  if (result.isComplete) await writeTable(out, "ablation", table);
  return { ...result, table };
}
