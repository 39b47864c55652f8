import * as z from "zod";
import { schemaAt, unwrap } from "./setting";

/**
 * Merges settings over others: groups of settings are merged, everything else is replaced.
 * A setting that is `undefined` keeps the old value.
 */
export function mergeSettings(
  schema: z.core.$ZodType,
  below: Readonly<Record<string, unknown>>,
  above: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  // Without a prototype, `__proto__` in a file is an unknown setting like any other.
  const merged = Object.assign(Object.create(null) as Record<string, unknown>, below);
  for (const [key, value] of Object.entries(above)) {
    if (value === undefined) continue;
    const inner = schemaAt(schema, [key]);
    const isGroup = inner !== undefined && unwrap(inner) instanceof z.ZodObject;
    const before = merged[key];
    merged[key] =
      isGroup && isRecord(value)
        ? mergeSettings(inner, isRecord(before) ? before : {}, value)
        : value;
  }
  return merged;
}

/** True for a plain object. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
