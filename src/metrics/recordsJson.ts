import { DataError } from "../core/errors";
import { parseJson, stringifyJson } from "../core/json";
import type { CaseRecord } from "./caseMetrics";

/**
 * Case records as JSON, NaN and infinite scores kept; see `stringifyJson`.
 *
 * @example
 * const truth = { height: 1, width: 1, data: Uint8Array.of(0) };
 * const record = caseMetrics(truth, truth, { id: "a", classNames: ["background", "lesion"] });
 * parseRecords(serialiseRecords([record]))[0].classes[1].dice; // NaN
 */
export function serialiseRecords(records: readonly CaseRecord[]): string {
  return stringifyJson(records, 1);
}

/**
 * The inverse of {@link serialiseRecords}.
 *
 * @throws DataError when the text is not what it wrote
 */
export function parseRecords(text: string): CaseRecord[] {
  const fail = (got: string, cause?: unknown): DataError =>
    new DataError({
      where: "parseRecords",
      expected: "the JSON of case records",
      got,
      ...(cause === undefined ? {} : { cause }),
    });
  let parsed: unknown;
  try {
    parsed = parseJson(text);
  } catch (cause) {
    throw fail(cause instanceof Error ? cause.message : "text that is no JSON", cause);
  }
  if (!Array.isArray(parsed) || !parsed.every(isCaseRecord)) throw fail("other JSON");
  return parsed;
}

function isCaseRecord(value: unknown): value is CaseRecord {
  return (
    typeof value === "object" &&
    value !== null &&
    "id" in value &&
    "classes" in value &&
    Array.isArray(value.classes) &&
    "confusion" in value &&
    "accuracy" in value
  );
}
