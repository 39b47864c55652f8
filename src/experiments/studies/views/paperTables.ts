import { join } from "node:path";
import { writeWhole } from "../../../files/writeWhole";
import type { JobRecord } from "../jobRecord";
import { studyTable } from "./studyTable";
import type { StudyTable } from "./studyTable";
import { writeStudyTable } from "./tableFile";
import { tableCsv, tableLatex, tableMarkdown } from "./tableText";

/** The models with a part removed. */
const ABLATIONS = ["ma", "mr"];
const WHOLE_MODEL = "residualAttentionUnet";

/** The paper's two tables. */
export interface Tables {
  /** Models with and without augmentation. */
  readonly tableOne: StudyTable;
  /** The ablations and the unchanged model; `null` without ablations. */
  readonly tableTwo: StudyTable | null;
}

/**
 * Makes the paper's Tables I and II from records.
 *
 * @throws ConfigError if a case is scored twice with the same seed
 */
export function tablesOf(records: readonly JobRecord[]): Tables {
  const isAblation = ({ model }: JobRecord): boolean => ABLATIONS.includes(model);
  const whole = records.filter(({ model }) => model === WHOLE_MODEL);
  const ablations = records.filter(isAblation);
  return {
    tableOne: studyTable(
      "Table I: models with and without augmentation",
      records.filter((record) => !isAblation(record)),
    ),
    tableTwo:
      ablations.length === 0
        ? null
        : studyTable("Table II: the parts of the model", [...whole, ...ablations]),
  };
}

/** Writes a table as `NAME.md`, `NAME.csv`, `NAME.tex` and, for `readStudyTable`, `NAME.json`. */
export async function writeTable(out: string, name: string, table: StudyTable): Promise<void> {
  await writeWhole(join(out, `${name}.md`), tableMarkdown(table));
  await writeWhole(join(out, `${name}.csv`), tableCsv(table));
  await writeWhole(join(out, `${name}.tex`), tableLatex(table));
  await writeStudyTable(join(out, `${name}.json`), table);
}
