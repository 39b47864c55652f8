/** A setting's value for the list at a page's end: `filters 8, depth 3`; what is not set is left out. */
export function saySetting(value: unknown): string {
  if (value === null || value === undefined) return "not set";
  if (Array.isArray(value)) return value.map((each) => saySetting(each)).join(", ") || "none";
  if (typeof value !== "object") return JSON.stringify(value).replaceAll('"', "");
  const parts = Object.entries(value)
    .filter(([, each]) => each !== null && each !== undefined)
    .map(([name, each]) =>
      typeof each === "object" ? `${name} (${saySetting(each)})` : `${name} ${String(each)}`,
    );
  return parts.join(", ") || "not set";
}
