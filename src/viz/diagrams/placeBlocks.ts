import type { ModelBlock } from "./modelBlocks";

/** A block's position: one column per step of the computation, one row per resolution. */
export interface BlockPlace {
  readonly column: number;
  readonly row: number;
}

/** The number of spatial positions of a shape; 1 for a vector. */
function placesOf(shape: readonly (number | null)[]): number {
  return shape.slice(1, -1).reduce<number>((product, size) => product * (size ?? 1), 1);
}

/**
 * Places columns from left to right by the longest path from an input, and rows by resolution with the
 * finest on top: an encoder goes down, a decoder up, and a skip connection is horizontal. Blocks that
 * would overlap get separate rows.
 */
export function placeBlocks(blocks: readonly ModelBlock[]): BlockPlace[] {
  const columns: number[] = [];
  for (const { inputs } of blocks) {
    columns.push(Math.max(-1, ...inputs.map((input) => columns[input])) + 1);
  }
  const sizes = [...new Set(blocks.map(({ shape }) => placesOf(shape)))].sort((a, b) => b - a);
  const taken = new Map<string, number>();
  const slots = blocks.map(({ shape }, index) => {
    const level = sizes.indexOf(placesOf(shape));
    const key = `${columns[index]}/${level}`;
    const slot = taken.get(key) ?? 0;
    taken.set(key, slot + 1);
    return { level, slot };
  });
  const depths = sizes.map(
    (_, level) => 1 + Math.max(...slots.filter((s) => s.level === level).map((s) => s.slot)),
  );
  return slots.map(({ level, slot }, index) => ({
    column: columns[index],
    row: depths.slice(0, level).reduce((sum, depth) => sum + depth, 0) + slot,
  }));
}
