import * as z from "zod";
import { DataError } from "../../../core/errors";
import { writeJsonWhole } from "../../../files/writeWhole";
import { readRecord } from "../../storage/readRecord";
import { factorsSchema } from "../job";
import type { StudyTable } from "./studyTable";

const number = z.number().or(z.nan());

const scoreSchema = z.strictObject({
  ...{ mean: number, sd: number, count: z.int() },
  interval: z.strictObject({ low: number, high: number }),
  ...{ difference: number, pValue: number, pHolm: number },
});

const rowSchema = z.strictObject({
  ...{ model: z.string(), title: z.string(), factors: factorsSchema },
  scores: z.record(z.string(), scoreSchema),
  ...{ cases: z.int(), patients: z.int(), folds: z.int(), seeds: z.int() },
  dropped: z.string().nullable(),
});

const fileSchema = z
  .strictObject({
    format: z.literal("layerbook-table-1"),
    title: z.string(),
    columns: z.array(z.string()).min(1),
    factorNames: z.array(z.string()),
    rows: z.array(rowSchema),
    convention: z.string(),
    madeBy: z.string().optional(),
  })
  .refine(
    ({ columns, rows }) => rows.every(({ scores }) => columns.every((name) => name in scores)),
    { path: ["rows"], message: "a row lacks the score of a column" },
  );

const EXPECTED = "a study's table as JSON";

/**
 * Writes a study's table as JSON: means, intervals, counts and tests, so that it can be drawn or printed later
 * without the study's records. NaN is kept.
 *
 * @example no-run: writes a file
 * const table = await readStudyTable("ablation/ablation.json");
 * await writeStudyTable("ablation.json", { ...table, madeBy: "`npx layerbook ablate` on two cores." });
 */
export async function writeStudyTable(path: string, table: StudyTable): Promise<void> {
  await writeJsonWhole(path, { format: "layerbook-table-1", ...table });
}

/**
 * Reads a table that a study or {@link writeStudyTable} wrote: `table1.json` of a comparison,
 * `ablation.json` and the like. A notebook displays it as a table; `intervalRows`, `flatRows` and
 * `tableMarkdown` accept it.
 *
 * @throws DataError if there is no such file, or it is not a table; names the first field that is wrong
 * @example
 * const table = await readStudyTable("notebooks/results/accuracy.json");
 * table.columns[0]; // "Dice"
 */
export async function readStudyTable(path: string): Promise<StudyTable> {
  const remedy = "Name a .json file that a study wrote beside its .csv.";
  const file = await readRecord(path, fileSchema, { expected: EXPECTED, remedy });
  if (file === null) {
    throw new DataError({ where: path, expected: EXPECTED, got: "no such file", remedy });
  }
  const { title, columns, factorNames, rows, convention, madeBy } = file;
  const table = { title, columns, factorNames, rows, convention };
  return madeBy === undefined ? table : { ...table, madeBy };
}
