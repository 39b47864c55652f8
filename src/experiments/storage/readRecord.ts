import { readFile } from "node:fs/promises";
import type * as z from "zod";
import { DataError } from "../../core/errors";
import { parseJson } from "../../core/json";
import { valueAt } from "../config/setting";
import { asDataError } from "../../files/systemErrors";

/**
 * Reads a JSON file and checks it against a schema; NaN and infinite numbers are read as `stringifyJson` writes them.
 *
 * @param expected what the file should be, for the message
 * @returns `null` if there is no such file
 * @throws DataError if the content is wrong, with the first wrong field
 */
export async function readRecord<S extends z.ZodType>(
  path: string,
  schema: S,
  { expected, remedy }: { readonly expected: string; readonly remedy: string },
): Promise<z.output<S> | null> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return null;
    throw asDataError(path, expected, error);
  }
  const value = parsed(text);
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw new DataError({ where: path, expected, got: describe(text, value, result.error), remedy });
}

/** A description of the file's actual contents. */
function describe(text: string, value: unknown, { issues: [issue] }: z.ZodError): string {
  if (text.trim() === "") return "an empty file";
  if (value === undefined) return "text that is not JSON";
  if (issue.path.length === 0) return Array.isArray(value) ? "a list" : shown(value);
  const place = `"${issue.path.join(".")}"`;
  const found = valueAt(value, issue.path);
  return found === undefined ? `nothing as ${place}` : `${shown(found)} as ${place}`;
}

function shown(value: unknown): string {
  const text = String(JSON.stringify(value));
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

function parsed(text: string): unknown {
  try {
    return parseJson(text);
  } catch {
    return undefined;
  }
}
