import { rejectChangedSettings } from "../training/unusedSettings";
import { expectModelName } from "../training/buildModel";
import { conductStudy } from "./conductStudy";
import type { StudyOptions } from "./conductStudy";
import { slicewiseFolds } from "./folds";
import { leakNote } from "./leakNote";
import { planLeakStudy } from "./planners/leakStudy";
import type { StudyResult } from "./runStudy";
import { leakTable } from "./views/leakTable";
import { writeTable } from "./views/paperTables";
import type { StudyTable } from "./views/studyTable";

/** Options of {@link leakStudy}. */
export interface LeakStudyOptions extends Omit<StudyOptions, "splitFile"> {
  /** A name accepted by `modelByName`. */
  readonly model: string;
}

/** The result of a leak study. */
export interface LeakStudy extends StudyResult {
  readonly table: StudyTable;
}

/**
 * Measures how much of a Dice score is due to the protocol: trains one model with the data split before or after
 * augmentation and with a patient's slices (near-duplicates) together or on both sides, and computes the mean Dice
 * with and without the background. Writes a table whose first row is the protocol without leaks, which the other rows
 * are tested against on the same slices.
 *
 * Only the jobs of this study may split groups; such jobs and their records are marked (`leak`).
 *
 * @throws DataError for data that cannot be read; ConfigError if the folder has another study
 */
export async function leakStudy(options: LeakStudyOptions): Promise<LeakStudy> {
  const { model, out, seeds } = options;
  expectModelName(model);
  if (options.config.augmentation !== "paper") {
    rejectChangedSettings(
      options.config,
      "augmentation",
      'a leak study sets to "paper" itself',
      "Remove it: the study is about where the copies of the paper's augmentation go.",
    );
  }
  const config = { ...options.config, augmentation: "paper" as const };
  const warned: StudyOptions = {
    ...{ ...options, config },
    async beforeRun(study, dataset) {
      const note = leakNote(dataset.cases, (dataset.patients ?? "known") === "known");
      if (note !== null) console.warn(`leakStudy: ${note}`);
      await options.beforeRun?.(study, dataset);
    },
  };
  const result = await conductStudy("leakStudy", warned, (folds, dataset) =>
    planLeakStudy({
      ...{ model, config, folds },
      tornFolds: slicewiseFolds(folds, dataset.cases, config.seed),
      ...(seeds === undefined ? {} : { seeds }),
    }),
  );
  const table = leakTable(result.records);
  if (result.isComplete) await writeTable(out, "leak-study", table);
  return { ...result, table };
}
