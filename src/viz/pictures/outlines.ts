/** A closed ring of pixel corners: `x` are columns, `y` rows, the first point repeated at the end. */
export interface Ring {
  readonly x: readonly number[];
  readonly y: readonly number[];
}

interface MaskPlane {
  readonly height: number;
  readonly width: number;
  readonly data: ArrayLike<number>;
}

// Right, down, left, up. A ring has its region on the right-hand side, so holes turn the other way.
const STEPS = [
  [1, 0],
  [0, 1],
  [-1, 0],
  [0, -1],
] as const;

/**
 * The exact outlines of one label, along pixel edges, in the coordinates of plotly's `image`
 * trace (pixel centres at integers, so corners at halves). Outer rings turn clockwise and holes
 * anticlockwise, so that SVG's non-zero rule fills them correctly.
 *
 * Pixels that touch only at a corner are separate rings.
 *
 * @param mask row-major labels
 * @param label the label to outline
 * @example
 * const mask = { height: 1, width: 2, data: [0, 1] };
 * labelOutlines(mask, 1)[0].x; // [0.5, 1.5, 1.5, 0.5, 0.5]
 */
export function labelOutlines(mask: MaskPlane, label: number): Ring[] {
  const { height, width, data } = mask;
  const inside = (row: number, column: number): boolean =>
    row >= 0 &&
    row < height &&
    column >= 0 &&
    column < width &&
    data[row * width + column] === label;

  // edges[direction] holds the corners at which an edge in that direction starts.
  const corners = width + 1;
  const edges = STEPS.map(() => new Set<number>());
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      if (!inside(row, column)) continue;
      if (!inside(row - 1, column)) edges[0].add(row * corners + column);
      if (!inside(row, column + 1)) edges[1].add(row * corners + column + 1);
      if (!inside(row + 1, column)) edges[2].add((row + 1) * corners + column + 1);
      if (!inside(row, column - 1)) edges[3].add((row + 1) * corners + column);
    }
  }

  const rings: Ring[] = [];
  for (const start of edges[0]) {
    const x: number[] = [];
    const y: number[] = [];
    let corner = start;
    let direction = 0;
    const push = (): void => {
      x.push((corner % corners) - 0.5);
      y.push(Math.floor(corner / corners) - 0.5);
    };
    push();
    while (edges[direction].delete(corner)) {
      const [dx, dy] = STEPS[direction];
      corner += dx + dy * corners;
      // The sharpest right turn first, so that pixels that touch only at a corner are separated there.
      const turns = [(direction + 1) % 4, direction, (direction + 3) % 4];
      const next = turns.find((turn) => edges[turn].has(corner));
      if (next === undefined) break;
      if (next !== direction) push();
      direction = next;
    }
    push();
    rings.push({ x, y });
  }
  return rings;
}
