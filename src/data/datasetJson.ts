import { join } from "node:path";
import * as z from "zod";
import { DataError } from "../core/errors";
import { repeatedKey } from "../core/repeatedKey";
import { pathKind, readWholeFile } from "../files/readFiles";
import { expectDistinctNames } from "./classNames";

/** Names by value (nnU-Net 1, Medical Decathlon) or values by name (nnU-Net 2). */
const labelsSchema = z.union([
  z.record(z.string().regex(/^\d+$/), z.string()),
  z.record(z.string(), z.int()),
]);
/** The training cases, with paths relative to the file's folder. */
const trainingSchema = z.array(z.looseObject({ image: z.string(), label: z.string() }));

/** A case listed in a `dataset.json`, with its paths as written there. */
export interface ListedCase {
  readonly image: string;
  readonly label: string;
}

/** The content of the `dataset.json` of a folder in the layout of nnU-Net or the Medical Decathlon. */
export interface DatasetDescription {
  readonly path: string;
  /** The training cases; `null` if the file lists none, so that all cases of the folder are meant. */
  readonly training: readonly ListedCase[] | null;
  /**
   * The class names by label, background first.
   *
   * @throws DataError if there are no labels, if there are regions, or if labels are not 0, 1, 2, …
   */
  readonly classNames: () => readonly string[];
  /** Whether the file has class names. */
  readonly hasLabels: boolean;
}

/**
 * Reads the `dataset.json` of a folder.
 *
 * @returns `null` if there is no such file
 * @throws DataError if the file is not a JSON object, or if its cases are not pairs
 */
export async function readDescription(folder: string): Promise<DatasetDescription | null> {
  const path = join(folder, "dataset.json");
  if ((await pathKind(path)) !== "file") return null;
  const json = await readJson(path);
  const training = json["training"];
  // nnU-Net 2 lists no cases; some of its converters write an empty list.
  const isListed = training !== undefined && !(Array.isArray(training) && training.length === 0);
  return {
    path,
    training: isListed ? casesOf(path, training) : null,
    classNames: () => classNamesOf(path, json["labels"]),
    hasLabels: json["labels"] !== undefined,
  };
}

/** The class names in the `dataset.json` of a folder of any layout; `undefined` if there are none. */
export async function describedNames(folder: string): Promise<readonly string[] | undefined> {
  const description = await readDescription(folder);
  return description?.hasLabels === true ? description.classNames() : undefined;
}

async function readJson(path: string): Promise<Record<string, unknown>> {
  const text = (await readWholeFile(path, "a dataset.json")).toString("utf8");
  let json: Record<string, unknown>;
  try {
    json = z.record(z.string(), z.unknown()).parse(JSON.parse(text.replace(/^\uFEFF/, "")));
  } catch (cause) {
    throw new DataError({
      where: path,
      expected: "a JSON object",
      got: cause instanceof SyntaxError ? "text that is not JSON" : "other JSON",
      remedy: "Write it as nnU-Net and the Medical Decathlon do",
      cause,
    });
  }
  const repeated = repeatedKey(text);
  if (repeated === null) return json;
  throw new DataError({
    where: path,
    expected: "each key once",
    got: `"${repeated}" twice`,
    remedy: "Remove one of them",
  });
}

function classNamesOf(path: string, value: unknown): string[] {
  const parsed = labelsSchema.safeParse(value);
  if (!parsed.success) {
    throw new DataError({
      where: path,
      expected: "labels: a name for each value, or a value for each name",
      got: value === undefined ? "none" : "something else",
      remedy: "Regions and ignored labels are not supported: write one label for each class",
      cause: parsed.error,
    });
  }
  const entries = Object.entries<string | number>(parsed.data).map(([key, item]) =>
    typeof item === "string" ? { label: Number(key), name: item } : { label: item, name: key },
  );
  const byLabel = [...entries].sort((a, b) => a.label - b.label);
  if (byLabel.length < 2 || byLabel.some(({ label }, index) => label !== index)) {
    throw new DataError({
      where: path,
      expected: "labels 0, 1, 2 and so on, background first",
      got: byLabel.map(({ label, name }) => `${label} ${name}`).join(", ") || "none",
      remedy: "Name the classes (classNames, --classes) and map the values (labels, --labels)",
    });
  }
  return expectDistinctNames(
    path,
    byLabel.map(({ name }) => name),
  );
}

function casesOf(path: string, value: unknown): ListedCase[] {
  const parsed = trainingSchema.safeParse(value);
  if (parsed.success) return parsed.data.map(({ image, label }) => ({ image, label }));
  throw new DataError({
    where: path,
    expected: "training: a list of cases, each with image and label",
    got: Array.isArray(value) ? "other entries" : typeof value,
    remedy: 'Write each case as {"image": "./imagesTr/a.nii.gz", "label": "./labelsTr/a.nii.gz"}',
    cause: parsed.error,
  });
}
