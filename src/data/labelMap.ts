/**
 * The label for each value of a mask: `{ 255: 1 }` for a black-and-white mask. 0 is the background
 * unless mapped otherwise; any other value without a label is an error.
 */
export type LabelMap = Readonly<Record<number, number>>;

/** A lookup by value that gives `NaN` for a value without a label. */
export function labelLookup(labels: LabelMap): (value: number) => number {
  const byValue = new Map<number, number>([[0, 0]]);
  for (const [value, label] of Object.entries(labels)) byValue.set(Number(value), label);
  const small = Float64Array.from({ length: 256 }, (_, value) => byValue.get(value) ?? NaN);
  return (value) => (value >= 0 && value < 256 ? small[value] : (byValue.get(value) ?? NaN));
}
