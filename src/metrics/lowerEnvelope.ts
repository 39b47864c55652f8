/** Scratch space of {@link lowerEnvelope}, and its result. */
export interface Envelope {
  /** `values[i] = min over j of line[j] + ((i − j)·spacing)²`. */
  readonly values: Float64Array;
  readonly apexes: Int32Array;
  readonly borders: Float64Array;
}

/** Space for lines of up to `length` cells. */
export function createEnvelope(length: number): Envelope {
  return {
    values: new Float64Array(length),
    apexes: new Int32Array(length),
    borders: new Float64Array(length + 1),
  };
}

/**
 * One line of the exact squared distance transform: the lower envelope of parabolas whose apexes are
 * the line's values. Linear in its length.
 *
 * @param line squared distances so far; Infinity where there is none
 * @param spacing distance from cell to cell
 * @see Felzenszwalb and Huttenlocher 2012, doi:10.4086/toc.2012.v008a019
 */
export function lowerEnvelope(line: Float64Array, spacing: number, envelope: Envelope): void {
  const { values, apexes, borders } = envelope;
  const length = line.length;
  const square = spacing * spacing;
  let count = 0;
  for (let q = 0; q < length; q++) {
    const height = line[q];
    if (height === Infinity) continue;
    let border = -Infinity;
    while (count > 0) {
      const apex = apexes[count - 1];
      // Where the parabolas on `apex` and `q` cross, in cells.
      border = ((height - line[apex]) / square + (q * q - apex * apex)) / (2 * (q - apex));
      if (border > borders[count - 1]) break;
      count--;
      border = -Infinity;
    }
    apexes[count] = q;
    borders[count] = border;
    count++;
  }
  if (count === 0) {
    values.fill(Infinity, 0, length);
    return;
  }
  borders[count] = Infinity;
  for (let i = 0, k = 0; i < length; i++) {
    while (borders[k + 1] < i) k++;
    const step = (i - apexes[k]) * spacing;
    values[i] = line[apexes[k]] + step * step;
  }
}
