import { DataError } from "../core/errors";
import { parseJson, stringifyJson } from "../core/json";
import type { CaseRecord } from "./caseMetrics";

/**
 * Case records as JSON, preserving NaN and infinite scores; see `stringifyJson`.
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
 * @throws DataError if the text was not written by {@link serialiseRecords}
 */
export function parseRecords(text: string): CaseRecord[] {
  let parsed: unknown;
  try {
    parsed = parseJson(text);
  } catch (cause) {
    throw noRecords(cause instanceof Error ? cause.message : "text that is not JSON", cause);
  }
  return checkRecords(parsed);
}

/** @throws DataError where a value read from JSON is not a list of case records */
export function checkRecords(value: unknown): CaseRecord[] {
  if (!Array.isArray(value) || !value.every(isCaseRecord)) throw noRecords("other JSON");
  return value;
}

function noRecords(got: string, cause?: unknown): DataError {
  return new DataError({
    where: "parseRecords",
    expected: "case records as JSON",
    got,
    ...(cause === undefined ? {} : { cause }),
  });
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
