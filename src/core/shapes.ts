import { ShapeError } from "./errors";

/** A pattern's entry: a size that must match, a name to bind, or `null` for any size. */
export type Dimension = number | string | null;

/** The sizes that a pattern's names are bound to. */
export type BoundSizes<P extends readonly Dimension[]> = {
  readonly [K in Extract<P[number], string>]: number;
};

/** `[8, 64]`, or `[?, 64]` if a size is unknown. */
export function formatShape(shape: readonly Dimension[]): string {
  return `[${shape.map((size) => size ?? "?").join(", ")}]`;
}

/**
 * Checks a tensor's shape against a pattern and returns the sizes by name.
 *
 * A name that occurs twice must have the same size both times. Checking and destructuring in one line
 * keeps the error message consistent with the use of the shape.
 *
 * @param where what is checked, for the message: `"LSHAttention.qk"`
 * @param tensor anything with a `shape`
 * @param pattern e.g. `["b", "s", 64]`
 * @param remedy a sentence that says how to fix it
 * @throws ShapeError `where: expected [b, s, 64], got [8, 64]`
 * @example
 * const { b, s } = expectShape("demo.x", { shape: [2, 3, 64] }, ["b", "s", 64]);
 * [b, s]; // [2, 3]
 */
export function expectShape<const P extends readonly Dimension[]>(
  where: string,
  tensor: { readonly shape: readonly (number | null)[] },
  pattern: P,
  remedy?: string,
): BoundSizes<P> {
  const { shape } = tensor;
  const sizes: Record<string, number> = {};
  const fits =
    shape.length === pattern.length &&
    pattern.every((wanted, axis) => {
      const size = shape[axis];
      if (wanted === null) return true;
      if (typeof wanted === "number") return size === wanted;
      if (size === null) return false;
      if (wanted in sizes) return sizes[wanted] === size;
      sizes[wanted] = size;
      return true;
    });
  if (!fits) {
    throw new ShapeError({
      where,
      expected: formatShape(pattern),
      got: formatShape(shape),
      ...(remedy === undefined ? {} : { remedy }),
    });
  }
  return sizes as BoundSizes<P>;
}
