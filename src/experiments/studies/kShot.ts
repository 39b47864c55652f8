import { expectModelName } from "../training/buildModel";
import { conductStudy } from "./conductStudy";
import type { StudyOptions } from "./conductStudy";
import { planKShot } from "./planners/kShot";
import type { StudyResult } from "./runStudy";
import { writeTable } from "./views/paperTables";
import { studyTables } from "./views/studyTables";
import type { StudyTable } from "./views/studyTable";

/** Options of {@link kShot}. */
export interface KShotOptions extends StudyOptions {
  /** A name accepted by `modelByName`. */
  readonly model: string;
  /** Numbers of labelled slices; default 1, 5, 10 and 25. */
  readonly shots?: readonly number[];
}

/** The result of a k-shot study. */
export interface KShotStudy extends StudyResult {
  readonly table: StudyTable;
}

/**
 * Measures the accuracy with few labelled slices: trains a network on 1, 5, 10 and 25 of them, from random
 * weights or after pre-training on the phantom, and with or without self-training on the remaining slices.
 * All are tested on the same slices.
 *
 * `config.pretraining.epochs` (0 means the same as `epochs`) and `config.selfTraining` set the details.
 *
 * @throws DataError for data that cannot be read; ConfigError for more slices than there are, or if the
 *   folder has another study
 */
export async function kShot(options: KShotOptions): Promise<KShotStudy> {
  const { model, shots = [1, 5, 10, 25], config, out, seeds } = options;
  expectModelName(model);
  const result = await conductStudy("kShot", options, (folds, { cases }) =>
    planKShot({
      ...{ model, shots, config, folds, cases },
      ...(seeds === undefined ? {} : { seeds }),
    }),
  );
  const [table] = studyTables("kShot", result.records);
  if (result.isComplete) await writeTable(out, "k-shot", table);
  return { ...result, table };
}
