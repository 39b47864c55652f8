import type * as z from "zod";
import { ConfigError } from "../../core/errors";

/** Cuts a value to what fits on a line. */
function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (inner, key) =>
      typeof inner === "object" && inner !== null
        ? (inner as Record<PropertyKey, unknown>)[key]
        : undefined,
    value,
  );
}

/**
 * Checks a value against a schema and returns it typed.
 *
 * @param where what is checked, for the message
 * @throws ConfigError that names the first field that does not fit, by its path
 */
export function parseConfig<S extends z.ZodType>(
  where: string,
  schema: S,
  value: unknown,
  remedy?: string,
): z.infer<S> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  throw new ConfigError({
    where: [where, ...issue.path.map(String)].join("."),
    expected: issue.message
      .replace(/^(Invalid input|Invalid option|Too small|Too big): /, "")
      .replace(/^expected /, "")
      .replace(/, received .*$/, ""),
    got:
      issue.code === "unrecognized_keys"
        ? issue.keys.join(", ")
        : shown(valueAt(value, issue.path)),
    ...(remedy === undefined ? {} : { remedy }),
  });
}
