import { conductStudy } from "./conductStudy";
import type { StudyOptions } from "./conductStudy";
import { planAblate } from "./planners/ablate";
import type { AblatePlan } from "./planners/ablate";
import type { StudyResult } from "./runStudy";
import { writeTable } from "./views/paperTables";
import { studyTables } from "./views/studyTables";
import type { StudyTable } from "./views/studyTable";

/** What {@link ablateModel} changes. */
export interface AblateOptions extends StudyOptions, Pick<AblatePlan, "factors"> {}

/** What an ablation came to. */
export interface Ablation extends StudyResult {
  readonly table: StudyTable;
}

/**
 * Trains `residualAttentionUnet` whole, and with one part or setting changed at a time, on every
 * fold; ends in a table with the whole model first, which the others are tested against.
 *
 * @throws DataError for data that cannot be read; ConfigError for a factor that there is not, or
 *   when the folder holds another study. Nothing is written then.
 */
export async function ablateModel(options: AblateOptions): Promise<Ablation> {
  const { factors, config, out, seeds } = options;
  // A wrong factor is refused before the data are read.
  planAblate({ factors, config, folds: [] });
  const result = await conductStudy("ablate", options, (folds) =>
    planAblate({ factors, config, folds, ...(seeds === undefined ? {} : { seeds }) }),
  );
  const [table] = studyTables("ablate", result.records);
  if (result.isComplete) await writeTable(out, "ablation", table);
  return { ...result, table };
}
