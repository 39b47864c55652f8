import { DataError } from "../core/errors";
import type { CaseRecord } from "./caseMetrics";

/**
 * Case records as JSON, NaN and infinite scores kept: JSON has neither, and a plain `null` would
 * make "undefined" and "infinitely far" one.
 *
 * @example
 * const truth = { height: 1, width: 1, data: Uint8Array.of(0) };
 * const record = caseMetrics(truth, truth, { id: "a", classNames: ["background", "lesion"] });
 * parseRecords(serialiseRecords([record]))[0].classes[1].dice; // NaN
 */
export function serialiseRecords(records: readonly CaseRecord[]): string {
  return JSON.stringify(
    records,
    (_key, value: unknown) =>
      typeof value === "number" && !Number.isFinite(value) ? { number: String(value) } : value,
    1,
  );
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
    parsed = JSON.parse(text, (_key, value: unknown) => reviveNumber(value));
  } catch (cause) {
    throw fail(cause instanceof Error ? cause.message : "text that is no JSON", cause);
  }
  if (!Array.isArray(parsed) || !parsed.every(isCaseRecord)) throw fail("other JSON");
  return parsed;
}

function reviveNumber(value: unknown): unknown {
  if (typeof value !== "object" || value === null || !("number" in value)) return value;
  return Number(value.number);
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
