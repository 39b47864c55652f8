/**
 * The name that was probably meant by a misspelt one: the one with the fewest single-letter changes, at
 * most a third of its length.
 *
 * @returns `null` if no name is near
 * @example
 * nearestName("learnigRate", ["learningRate", "clipNorm"]); // "learningRate"
 */
export function nearestName(name: string, known: readonly string[]): string | null {
  const wanted = name.toLowerCase();
  const ranked = known
    .map((candidate) => ({ candidate, changes: editDistance(wanted, candidate.toLowerCase()) }))
    .sort((a, b) => a.changes - b.changes);
  const most = Math.max(1, Math.floor(wanted.length / 3));
  return ranked.length > 0 && ranked[0].changes <= most ? ranked[0].candidate : null;
}

/** Levenshtein's distance. */
function editDistance(a: string, b: string): number {
  let above = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const replaced = above[column - 1] + (a[row - 1] === b[column - 1] ? 0 : 1);
      current.push(Math.min(above[column] + 1, current[column - 1] + 1, replaced));
    }
    above = current;
  }
  return above[b.length];
}

/** The remedy for a misspelt name, to be spread into an error; empty if no name is near. */
export function didYouMean(name: string, known: readonly string[]): { readonly remedy?: string } {
  const nearest = nearestName(name, known);
  return nearest === null ? {} : { remedy: `Did you mean "${nearest}"?` };
}
