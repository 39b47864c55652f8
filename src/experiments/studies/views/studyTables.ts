import type { JobRecord } from "../jobRecord";
import { leakTable } from "./leakTable";
import { tablesOf } from "./paperTables";
import { studyTable } from "./studyTable";
import type { StudyTable } from "./studyTable";

/**
 * Makes the tables of a kind of study from its records; one table of all rows for a kind that is not
 * built in.
 */
export function studyTables(kind: string, records: readonly JobRecord[]): StudyTable[] {
  switch (kind) {
    case "compare": {
      const { tableOne, tableTwo } = tablesOf(records);
      return [tableOne, ...(tableTwo === null ? [] : [tableTwo])].filter(
        ({ rows }) => rows.length > 0,
      );
    }
    case "ablate":
      return [studyTable("Ablation of the residual attention U-Net", records)];
    case "leakStudy":
      return [leakTable(records)];
    case "kShot":
      return [studyTable("A few labelled slices", records)];
    default:
      return [studyTable(kind, records)];
  }
}
