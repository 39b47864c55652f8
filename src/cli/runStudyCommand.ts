import type { StudyOptions } from "../experiments/studies/conductStudy";
import type { StudyResult } from "../experiments/studies/runStudy";
import { withStopOnInterrupt } from "./runAction";
import type { CommandResult } from "./runAction";
import { DeclinedError } from "./agree";
import { studyOf } from "./studyOptions";
import type { StudyCommandOptions } from "./studyOptions";
import { configOf } from "./trainingOptions";

/** What a study command made from its records. */
interface StudyReport {
  readonly result: StudyResult;
  /** The tables; printed when the study is complete. */
  readonly text: string;
  readonly json: object;
}

/** Runs a study command: reads the settings, handles stopping and returns the result. */
export async function runStudyCommand(
  options: StudyCommandOptions,
  conduct: (study: StudyOptions) => Promise<StudyReport>,
): Promise<CommandResult> {
  const { out } = options;
  const config = await configOf(options);
  try {
    const { result, text, json } = await withStopOnInterrupt(async (shouldStop) =>
      conduct(await studyOf(options, config, shouldStop)),
    );
    const { records, isComplete, trained, found } = result;
    return {
      text: isComplete
        ? text
        : `Stopped after ${trained + found} trainings; run the command again to resume`,
      json: { out, trained, found, isComplete, ...json, records },
      ...(isComplete ? {} : { exitCode: 130 }),
    };
  } catch (error) {
    if (!(error instanceof DeclinedError)) throw error;
    return { text: "Nothing was started", json: { out, isDeclined: true }, exitCode: 130 };
  }
}
