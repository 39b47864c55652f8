/**
 * Serialises a value as JSON, preserving NaN and infinities: JSON has neither, and writing both as
 * `null` would make "undefined" and "infinitely far" the same. They are written as `{ "number": "NaN"
 * }`, `{ "number": "Infinity" }`.
 *
 * @example
 * stringifyJson({ hd95: Infinity }); // '{"hd95":{"number":"Infinity"}}'
 * parseJson(stringifyJson([NaN, 1])); // [NaN, 1]
 */
export function stringifyJson(value: unknown, indent = 0): string {
  return JSON.stringify(
    value,
    (_key, inner: unknown) =>
      typeof inner === "number" && !Number.isFinite(inner) ? { number: String(inner) } : inner,
    indent,
  );
}

/** The inverse of {@link stringifyJson}; throws a SyntaxError for text that is not JSON. */
export function parseJson(text: string): unknown {
  return JSON.parse(text, (_key, inner: unknown) => {
    if (typeof inner !== "object" || inner === null || !("number" in inner)) return inner;
    const isAlone = Object.keys(inner).length === 1;
    return isAlone && NOT_FINITE.has(inner.number) ? Number(inner.number) : inner;
  });
}

const NOT_FINITE = new Set<unknown>(["NaN", "Infinity", "-Infinity"]);
