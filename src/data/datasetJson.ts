import * as z from "zod";
import { DataError } from "../core/errors";
import { pathKind, readWholeFile } from "../files/readFiles";

/** Names by value (nnU-Net 1, Medical Decathlon) or values by name (nnU-Net 2). */
const datasetSchema = z.looseObject({
  labels: z.union([z.record(z.string().regex(/^\d+$/), z.string()), z.record(z.string(), z.int())]),
});

/**
 * The class names of a folder in the layout of nnU-Net or the Medical Decathlon, by label, from its
 * `dataset.json`.
 *
 * @returns `null` where there is no such file
 * @throws DataError for a file without labels, with regions, or whose labels are not 0, 1, 2, …
 */
export async function readClassNames(path: string): Promise<readonly string[] | null> {
  if ((await pathKind(path)) !== "file") return null;
  const fail = (expected: string, got: string, remedy: string, cause?: unknown): DataError =>
    new DataError({ where: path, expected, got, remedy, cause });
  let parsed: z.infer<typeof datasetSchema>;
  try {
    parsed = datasetSchema.parse(
      JSON.parse((await readWholeFile(path, "a dataset.json")).toString("utf8")),
    );
  } catch (cause) {
    if (cause instanceof DataError) throw cause;
    throw fail(
      "labels: a name for each value, or a value for each name",
      cause instanceof SyntaxError ? "text that is no JSON" : "something else",
      "Regions and ignored labels are not read: write one label for each class",
      cause,
    );
  }
  const entries = Object.entries<string | number>(parsed.labels).map(([key, value]) =>
    typeof value === "string" ? { label: Number(key), name: value } : { label: value, name: key },
  );
  const byLabel = [...entries].sort((a, b) => a.label - b.label);
  if (byLabel.length < 2 || byLabel.some(({ label }, index) => label !== index)) {
    throw fail(
      "labels 0, 1, 2 and so on, background first",
      byLabel.map(({ label, name }) => `${label} ${name}`).join(", ") || "none",
      "Name the classes (classNames, --classes) and map the values (labels, --labels)",
    );
  }
  return byLabel.map(({ name }) => name);
}
