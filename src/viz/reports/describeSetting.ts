/** A setting's value as text, for the list at the end of a page: `filters 8, depth 3`; unset parts are omitted. */
export function describeSetting(value: unknown): string {
  if (value === null || value === undefined) return "not set";
  if (Array.isArray(value)) return value.map((each) => describeSetting(each)).join(", ") || "none";
  if (typeof value !== "object") return JSON.stringify(value).replaceAll('"', "");
  const parts = Object.entries(value)
    .filter(([, each]) => each !== null && each !== undefined)
    .map(([name, each]) =>
      typeof each === "object" ? `${name} (${describeSetting(each)})` : `${name} ${String(each)}`,
    );
  return parts.join(", ") || "not set";
}
