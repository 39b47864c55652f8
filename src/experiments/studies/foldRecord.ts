import { readFile } from "node:fs/promises";
import { DataError } from "../../core/errors";
import type { CaseRecord } from "../../metrics";
import type { TrainingConfig } from "../config/trainingConfig";
import { writeWhole } from "../../files/writeWhole";

/** One case of one fold of one model: what tables and figures are made of. */
export interface FoldRecord {
  readonly model: string;
  readonly augmentation: TrainingConfig["augmentation"];
  /** Counted from 0. */
  readonly fold: number;
  readonly seed: number;
  /** The case's scores; its `id` is the slice. */
  readonly metrics: CaseRecord;
}

/** Undefined scores are NaN and missed surfaces infinitely far, which JSON has no numbers for. */
const NON_FINITE = ["NaN", "Infinity", "-Infinity"];

/** Writes records whole, with numbers that are not finite as text. */
export async function writeFoldRecords(
  path: string,
  records: readonly FoldRecord[],
): Promise<void> {
  const text = JSON.stringify(
    records,
    (_, value: unknown) =>
      typeof value === "number" && !Number.isFinite(value) ? String(value) : value,
    1,
  );
  await writeWhole(path, `${text}\n`);
}

/**
 * Reads what {@link writeFoldRecords} wrote.
 *
 * @returns `null` where there is no such file
 * @throws DataError when it holds something else
 */
export async function readFoldRecords(path: string): Promise<FoldRecord[] | null> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
  try {
    const records = JSON.parse(text, (_, value: unknown) =>
      typeof value === "string" && NON_FINITE.includes(value) ? Number(value) : value,
    ) as FoldRecord[];
    if (records.every(({ model, metrics }) => model !== undefined && metrics.classes.length > 1)) {
      return records;
    }
  } catch {
    // Said below.
  }
  throw new DataError({
    where: path,
    expected: "the records of a fold",
    got: "something else",
    remedy: "Remove the file; the fold is then trained again.",
  });
}
