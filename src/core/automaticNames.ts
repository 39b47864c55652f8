/** A layer name that tfjs generated: `dense_Dense3`, the class twice and a number. */
const AUTOMATIC = /(?<![A-Za-z0-9])([a-z][a-z0-9_]*_[A-Z][A-Za-z0-9]*?)(\d+)(?=\/|$)/;

/**
 * A layer name without the per-process counter that tfjs appends, so that it stays the same when a
 * cell runs again.
 *
 * @example
 * withoutCount("multi_head_attention_MultiHeadAttention3"); // "multi_head_attention_MultiHeadAttention"
 */
export function withoutCount(name: string): string {
  return name.replace(AUTOMATIC, "$1");
}

/**
 * The names that the process's first model would have: the counters that tfjs appended are renumbered
 * from 1, in order, among these names.
 *
 * @returns the new name of each
 */
export function renumberAutomaticNames(names: Iterable<string>): Map<string, string> {
  const counts = new Map<string, Set<number>>();
  const all = [...names];
  for (const name of all) {
    const match = AUTOMATIC.exec(name);
    if (match === null) continue;
    const found = counts.get(match[1]) ?? new Set();
    counts.set(match[1], found.add(Number(match[2])));
  }
  const places = new Map(
    [...counts].map(([base, found]) => [base, [...found].sort((a, b) => a - b)] as const),
  );
  const renamed = (name: string): string =>
    name.replace(AUTOMATIC, (_, base: string, count: string) => {
      const place = places.get(base)?.indexOf(Number(count)) ?? 0;
      return `${base}${place + 1}`;
    });
  return new Map(all.map((name) => [name, renamed(name)]));
}
