import * as z from "zod";
import { ConfigError } from "../../core/errors";
import { valueAt } from "./fingerprint";
import { nearestName } from "./nearestName";
import { schemaAt, unwrap } from "./setting";

/** Cuts a value to what fits on a line. */
function shown(value: unknown): string {
  // JSON has no infinite numbers.
  const isPlain = typeof value !== "number" || Number.isFinite(value);
  const text = (isPlain ? JSON.stringify(value) : undefined) ?? String(value);
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}

/**
 * Checks a value against a schema and returns it typed, with the schema's defaults filled in.
 *
 * @param where what is checked, for the message
 * @throws ConfigError that names the first field that does not fit, by its path
 */
export function parseConfig<S extends z.ZodType>(
  where: string,
  schema: S,
  value: unknown,
  remedy?: string,
): z.output<S> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const place = [where, ...issue.path.map(String)].join(".");
  if (issue.code === "unrecognized_keys") {
    throw unknownSetting(place, schemaAt(schema, issue.path), issue.keys[0], remedy);
  }
  throw new ConfigError({
    where: place,
    expected: expectation(issue),
    got: shown(valueAt(value, issue.path)),
    ...(remedy === undefined ? {} : { remedy }),
  });
}

/** What an issue would have accepted; the choices of a union with "or" between them. */
function expectation(issue: z.core.$ZodIssue): string {
  if (issue.code === "invalid_key" && issue.issues.length > 0) return issue.issues[0].message;
  if (issue.code === "invalid_union" && issue.errors.length > 0) {
    return issue.errors.map(([first]) => expectation(first)).join(" or ");
  }
  return issue.message
    .replace(/^(Invalid input|Invalid option|Too small|Too big): /, "")
    .replace(/^expected /, "")
    .replace(/, received .*$/, "");
}

/** The error for a key that a schema does not have, with the names that it has. */
export function unknownSetting(
  where: string,
  schema: z.core.$ZodType | undefined,
  key: string,
  remedy?: string,
): ConfigError {
  const inner = schema === undefined ? undefined : unwrap(schema);
  const names = inner instanceof z.ZodObject ? Object.keys(inner.shape) : [];
  const nearest = nearestName(key, names);
  const advice = nearest === null ? remedy : `Did you mean "${nearest}"?`;
  return new ConfigError({
    where,
    expected: names.length === 0 ? "no settings inside it" : `one of ${names.join(", ")}`,
    got: `"${key}"`,
    ...(advice === undefined ? {} : { remedy: advice }),
  });
}
