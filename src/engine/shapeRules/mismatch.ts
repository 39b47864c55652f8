import { formatShape } from "../../core/shapes";

export type Shape = readonly number[];

/** The input shapes of an op are incompatible; the recorder adds the op, its layer and a remedy. */
export class ShapeMismatch extends Error {
  constructor(
    readonly expected: string,
    readonly got: string,
  ) {
    super(`expected ${expected}, got ${got}`);
  }
}

/** @throws ShapeMismatch listing the shapes, unless `holds` */
export function requireShapes(holds: boolean, expected: string, shapes: readonly Shape[]): void {
  if (!holds) throw new ShapeMismatch(expected, shapes.map(formatShape).join(" and "));
}

export const product = (sizes: Shape): number => sizes.reduce((a, b) => a * b, 1);

export const equalShapes = (a: Shape, b: Shape): boolean =>
  a.length === b.length && a.every((size, axis) => size === b[axis]);

/** Normalises a negative axis. @throws ShapeMismatch for an axis out of range */
export function wrap(axis: number, rank: number): number {
  const wrapped = axis < 0 ? axis + rank : axis;
  if (wrapped >= 0 && wrapped < rank) return wrapped;
  throw new ShapeMismatch(`an axis of ${rank}`, String(axis));
}
