import { rejectChangedSettings } from "../training/unusedSettings";
import { expectModelName } from "../training/buildModel";
import { conductStudy } from "./conductStudy";
import type { StudyOptions } from "./conductStudy";
import { tornFolds } from "./folds";
import { leakNote } from "./leakNote";
import { planLeakStudy } from "./planners/leakStudy";
import type { StudyResult } from "./runStudy";
import { leakTable } from "./views/leakTable";
import { writeTable } from "./views/paperTables";
import type { StudyTable } from "./views/studyTable";

/** What {@link leakStudy} trains. */
export interface LeakStudyOptions extends Omit<StudyOptions, "splitFile"> {
  /** A name that `modelByName` knows. */
  readonly model: string;
}

/** What a leak study came to. */
export interface LeakStudy extends StudyResult {
  readonly table: StudyTable;
}

/**
 * How much of a published Dice score is due to the protocol: trains one model with its data split before or after
 * augmentation, and with a patient's slices (near-duplicates) together or on both sides, and takes the
 * mean Dice with the background and without. Ends in a table with the honest protocol first, which the
 * others are tested against on the same slices.
 *
 * It is the one study whose jobs may tear groups apart; each such job and its record say so (`leak`).
 *
 * @throws DataError for data that cannot be read; ConfigError when the folder holds another study
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
      tornFolds: tornFolds(folds, dataset.cases, config.seed),
      ...(seeds === undefined ? {} : { seeds }),
    }),
  );
  const table = leakTable(result.records);
  if (result.isComplete) await writeTable(out, "leak-study", table);
  return { ...result, table };
}
