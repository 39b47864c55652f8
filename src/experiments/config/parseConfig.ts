import * as z from "zod";
import { ConfigError } from "../../core/errors";
import { didYouMean, nearestName } from "./nearestName";
import { leavesOf, schemaAt, unwrap, valueAt } from "./setting";

/** Shortens a value to fit on a line. */
function shown(value: unknown): string {
  if (value === undefined) return "nothing";
  // JSON has neither infinite numbers nor functions.
  const text =
    typeof value === "number" ? String(value) : (JSON.stringify(value) ?? `a ${typeof value}`);
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}

/**
 * Checks a value against a schema and returns it typed, with the schema's defaults filled in.
 *
 * @param where what is checked, for the message
 * @throws ConfigError that names the path of the first wrong field
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
  const expected = `${expectation(issue)}${isNullable(schemaAt(schema, issue.path)) ? ", or null" : ""}`;
  const got = valueAt(value, issue.path);
  const advice = nearestChoice(expected, got) ?? example(schema, issue.path) ?? remedy;
  throw new ConfigError({
    where: place,
    expected,
    got: shown(got),
    ...(advice === undefined ? {} : { remedy: advice }),
  });
}

function isNullable(schema: z.core.$ZodType | undefined): boolean {
  if (schema instanceof z.ZodNullable) return true;
  return schema instanceof z.ZodDefault && isNullable(schema.def.innerType);
}

/** The choice that was probably meant. */
function nearestChoice(expected: string, got: unknown): string | undefined {
  if (typeof got !== "string" || !expected.startsWith("one of ")) return undefined;
  const choices = [...expected.matchAll(/"([^"]*)"/g)].map(([, choice]) => choice);
  return didYouMean(got, choices).remedy;
}

/** How to write a setting that is not just a number or a word, from its help text. */
function example(schema: z.ZodType, path: readonly PropertyKey[]): string | undefined {
  const leaf = leavesOf(schema).find((each) => each.path.every((key, i) => key === path[i]));
  const text = /e\.g\. (\{.*\}|\[.*\])/.exec(leaf?.help ?? "")?.[1];
  return text === undefined ? undefined : `Write it as JSON, such as ${text}.`;
}

/** zod's type names, in words. */
const TYPES: Readonly<Record<string, string>> = {
  number: "a number",
  int: "an integer",
  string: "text",
  boolean: "true or false",
  object: "an object",
  array: "a list",
  tuple: "a list",
};

/** What would have been accepted; the choices of a union joined with "or". */
function expectation(issue: z.core.$ZodIssue): string {
  if (issue.code === "invalid_key" && issue.issues.length > 0) return issue.issues[0].message;
  if (issue.code === "invalid_union" && issue.errors.length > 0) {
    return issue.errors.map(([first]) => expectation(first)).join(" or ");
  }
  return issue.message
    .replace(
      /^(Invalid input|Invalid option|Invalid discriminator value|Too small|Too big)[:.] /,
      "",
    )
    .replace(/^[Ee]xpected /, "")
    .replace(/, received .*$/, "")
    .replace(/^'.*'$/, (choices) => `one of ${choices.replaceAll("'", '"')}`)
    .replace(/"\s*\|\s*"/g, '", "')
    .replace(/^array to have (\D+)(\d+) items?$/, "a list of $1 $2 items")
    .replace(/^(\w+) to be ([<>]=?)(.*)$/, (_, type: string, sign, bound) =>
      [TYPES[type] ?? type, sign, bound].join(" "),
    )
    .replace(/^\w+$/, (type) => TYPES[type] ?? type);
}

/** The error for a key that is not in the schema, listing the keys that are. */
export function unknownSetting(
  where: string,
  schema: z.core.$ZodType | undefined,
  key: string,
  remedy?: string,
): ConfigError {
  const inner = schema === undefined ? undefined : unwrap(schema);
  const names = inner instanceof z.ZodObject ? Object.keys(inner.shape) : [];
  const nearest = nearestName(key, names) ?? innerName(schema, key);
  const advice = nearest === null ? remedy : `Did you mean "${nearest}"?`;
  return new ConfigError({
    where,
    expected: names.length === 0 ? "no settings inside it" : `one of ${names.join(", ")}`,
    got: `"${key}"`,
    ...(advice === undefined ? {} : { remedy: advice }),
  });
}

/** The path of a setting with that name in a nested group. */
function innerName(schema: z.core.$ZodType | undefined, key: string): string | null {
  const leaves = schema === undefined ? [] : leavesOf(schema);
  const found = leaves.find(({ path }) => path.at(-1)?.toLowerCase() === key.toLowerCase());
  return found?.path.join(".") ?? null;
}
