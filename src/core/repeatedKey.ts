/** Strings, and the punctuation that decides which of them are keys. */
const TOKENS = /"(?:\\.|[^"\\])*"|[{}[\],:]/g;

/**
 * The first key that an object of a JSON text has twice: `JSON.parse` silently takes the last one.
 *
 * @param text valid JSON
 * @returns its path, such as `model.filters`; `null` where every key occurs once
 * @example
 * repeatedKey('{ "model": { "filters": 4, "depth": 2, "filters": 8 } }'); // "model.filters"
 */
export function repeatedKey(text: string): string | null {
  /** The keys of each open object so far, the current one last; `null` for a list. */
  const open: (Set<string> | null)[] = [];
  const path: string[] = [];
  let string = "";
  for (const [token] of text.matchAll(TOKENS)) {
    const keys = open.at(-1) ?? null;
    if (token.startsWith('"')) string = token;
    else if (token === "{" || token === "[") {
      open.push(token === "{" ? new Set() : null);
      path.push(token === "{" ? "" : "0");
    } else if (token === "}" || token === "]") {
      open.pop();
      path.pop();
    } else if (token === ":" && keys !== null) {
      const key = JSON.parse(string) as string;
      path[path.length - 1] = key;
      if (keys.has(key)) return path.join(".");
      keys.add(key);
    } else if (token === "," && keys === null) {
      path[path.length - 1] = String(Number(path.at(-1)) + 1);
    }
  }
  return null;
}
