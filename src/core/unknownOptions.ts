import { ConfigError } from "./errors";

/** Number of edits (a letter inserted, deleted or replaced, or two swapped) that turn `a` into `b`. */
function editDistance(a: string, b: string): number {
  const rows = Array.from({ length: a.length + 1 }, (_, i) => [i]);
  for (let j = 1; j <= b.length; j++) rows[0][j] = j;
  for (let i = 1; i <= a.length; i++) {
    for (let j = 1; j <= b.length; j++) {
      const replaced = rows[i - 1][j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1);
      rows[i][j] = Math.min(rows[i - 1][j] + 1, rows[i][j - 1] + 1, replaced);
      const isSwapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (isSwapped) rows[i][j] = Math.min(rows[i][j], rows[i - 2][j - 2] + 1);
    }
  }
  return rows[a.length][b.length];
}

/** `snake_case` and capitals count as the same name. */
const plain = (name: string): string => name.replace(/[_-]/g, "").toLowerCase();

/**
 * The known name that `name` was probably meant to be, or `null`.
 *
 * @example
 * nearestName("useCausalMsk", ["useCausalMask", "useBias"]); // "useCausalMask"
 */
export function nearestName(name: string, known: readonly string[]): string | null {
  const wanted = plain(name);
  let nearest: string | null = null;
  let least = Math.max(2, Math.floor(wanted.length / 3)) + 1;
  for (const candidate of known) {
    const other = plain(candidate);
    const [short, long] = wanted.length < other.length ? [wanted, other] : [other, wanted];
    // "nesterov" for "useNesterov".
    const isPart = short.length >= 4 && long.includes(short);
    const distance = isPart ? 1 : editDistance(wanted, other);
    if (distance < least) [nearest, least] = [candidate, distance];
  }
  return nearest;
}

/**
 * Rejects unknown options: in JavaScript a misspelt name would otherwise be silently ignored. An
 * option that is `undefined` counts as not given.
 *
 * @param where e.g. `"MultiHeadAttention"`
 * @param options as the caller gave them
 * @param known every name that is read
 * @throws ConfigError naming the unknown option and the nearest known one, or for options that are no object
 * @example
 * const attempt = () => rejectUnknownOptions("demo", { epoch: 3 }, ["epochs", "seed"]);
 * try { attempt(); } catch (error) { (error as Error).message; }
 * // 'demo.epoch: expected one of epochs, seed, got an unknown option. Did you mean "epochs"?'
 */
export function rejectUnknownOptions(
  where: string,
  options: object,
  known: readonly string[],
): void {
  if (typeof options !== "object" || (options as object | null) === null) {
    throw new ConfigError({
      where,
      expected: "an object of options",
      got: JSON.stringify(options) ?? typeof options,
    });
  }
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined || known.includes(name)) continue;
    const nearest = nearestName(name, known);
    throw new ConfigError({
      where: `${where}.${name}`,
      expected: known.length === 0 ? "no options" : `one of ${known.join(", ")}`,
      got: "an unknown option",
      ...(nearest === null ? {} : { remedy: `Did you mean "${nearest}"?` }),
    });
  }
}
