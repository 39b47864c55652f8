/** Reads parts of plotly's JSON, in which everything is optional and untyped. */

type Json = Readonly<Record<string, unknown>>;

/** The object at a key, or an empty one. */
export function objectAt(json: Json, key: string): Json {
  const value = json[key];
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Json)
    : {};
}

/** The array or typed array at a key, or an empty one. */
export function arrayAt(json: Json, key: string): readonly unknown[] {
  const value = json[key];
  if (Array.isArray(value)) return value as readonly unknown[];
  return ArrayBuffer.isView(value) ? Array.from(value as unknown as ArrayLike<unknown>) : [];
}

/** The finite number at a key, or the default. */
export function numberAt(json: Json, key: string, otherwise: number): number {
  const value = json[key];
  return typeof value === "number" && Number.isFinite(value) ? value : otherwise;
}

/** The string at a key, or the default. */
export function textAt(json: Json, key: string, otherwise: string): string {
  const value = json[key];
  return typeof value === "string" ? value : otherwise;
}

/** An axis' title, which plotly accepts as a string or as `{text}`. */
export function titleOf(json: Json): string {
  const value = json["title"];
  return typeof value === "string" ? value : textAt(objectAt(json, "title"), "text", "");
}
