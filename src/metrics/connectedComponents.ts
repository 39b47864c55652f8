import { ConfigError } from "../core/errors";
import { rejectUnknownOptions } from "../core/unknownOptions";
import { toByteGrid } from "./grid";
import type { ByteGrid, LabelGrid } from "./grid";
import { IndexList, TRUTH, cutClass } from "./surfaceElements";
import type { ClassCut } from "./surfaceElements";

/** Components of a mask, numbered from 1 in the order in which a scan meets them. */
export interface Components {
  readonly count: number;
  /** The component of each voxel; 0 outside the mask. */
  readonly ids: Int32Array;
  /** Voxels of each component; index 0 is the outside. */
  readonly sizes: Int32Array;
}

/** Voxels that touch by a `"face"` (4 or 6 neighbours), or by a `"corner"` too (8 or 26). */
export type Connectivity = "face" | "corner";

/** Options of {@link connectedComponents}; every field has a default. */
export interface ComponentOptions {
  /** Default `"face"`. */
  readonly connectivity?: Connectivity;
  /** Takes voxels of this label only; default: all that are not 0. */
  readonly label?: number;
}

/**
 * Connected components of a slice or volume; SciPy's `ndimage.label` gives the same numbers.
 *
 * @example
 * const mask = { height: 2, width: 3, data: Uint8Array.of(1, 0, 1, 1, 0, 1) };
 * connectedComponents(mask).count; // 2
 */
export function connectedComponents(mask: LabelGrid, options: ComponentOptions = {}): Components {
  rejectUnknownOptions("connectedComponents", options, ["connectivity", "label"]);
  const { connectivity = "face", label } = options;
  if (label === 0) {
    throw new ConfigError({
      where: "connectedComponents.label",
      expected: "a label of at least 1",
      got: "0",
      remedy: "Label 0 is the background, which has no components.",
    });
  }
  const grid = toByteGrid("connectedComponents.mask", mask);
  const chosen: ByteGrid =
    label === undefined ? { ...grid, data: grid.data.map((value) => (value === 0 ? 0 : 1)) } : grid;
  const { depth, height, width } = grid;
  const whole = { low: [0, 0, 0], high: [depth - 1, height - 1, width - 1] } as const;
  const cut = cutClass(chosen, chosen, label ?? 1, whole);
  const found = componentsOfCut(cut, TRUTH, connectivity);
  const sizes = found.sizes.slice();
  sizes[0] -= cut.bits.length - grid.data.length; // the rim
  return { count: found.count, ids: withoutRim(found.ids, cut, grid), sizes };
}

/**
 * Components of the voxels that have a given bit, in a crop whose border is empty.
 *
 * Works on runs of voxels along the rows, of which there are far fewer than voxels: a run joins the
 * runs that it touches in earlier rows.
 *
 * @returns ids in the order of the cut
 */
export function componentsOfCut(
  cut: ClassCut,
  bit: number,
  connectivity: Connectivity,
): Components {
  const runs = findRuns(cut, bit);
  const parents = Int32Array.from(runs.starts, (_, run) => run);
  // Earlier rows that touch a row; with corner connectivity, runs also touch one voxel further.
  const slack = connectivity === "corner" ? 1 : 0;
  const rowsBack =
    cut.rank === 2
      ? [1]
      : slack === 1
        ? [1, cut.height - 1, cut.height, cut.height + 1]
        : [1, cut.height];
  for (const back of rowsBack) joinRows(cut, runs, parents, back, slack);
  return numberRuns(cut, runs, parents);
}

/** Runs of voxels along the rows, in the order of a scan. */
interface Runs {
  readonly starts: Int32Array;
  /** One past the last voxel. */
  readonly ends: Int32Array;
  /** The first run of each row, and the number of runs after the last. */
  readonly firstOfRow: Int32Array;
}

function findRuns({ bits, width }: ClassCut, bit: number): Runs {
  const starts = new IndexList();
  const ends = new IndexList();
  const rows = bits.length / width;
  const firstOfRow = new Int32Array(rows + 1);
  for (let row = 0; row < rows; row++) {
    firstOfRow[row] = starts.size;
    const end = (row + 1) * width;
    for (let i = row * width; i < end; i++) {
      if ((bits[i] & bit) === 0) continue;
      starts.push(i);
      // The rim ends every run before the row does.
      while ((bits[i] & bit) !== 0) i++;
      ends.push(i);
    }
  }
  firstOfRow[rows] = starts.size;
  return { starts: starts.values(), ends: ends.values(), firstOfRow };
}

/** Joins every run with the runs that it touches `back` rows before. */
function joinRows(
  { width }: ClassCut,
  { starts, ends, firstOfRow }: Runs,
  parents: Int32Array,
  back: number,
  slack: number,
): void {
  const offset = back * width;
  for (let row = back; row < firstOfRow.length - 1; row++) {
    let other = firstOfRow[row - back];
    const lastOther = firstOfRow[row - back + 1];
    for (let run = firstOfRow[row]; run < firstOfRow[row + 1]; run++) {
      const start = starts[run] - offset - slack;
      const end = ends[run] - offset + slack;
      while (other < lastOther && ends[other] <= start) other++;
      for (let next = other; next < lastOther && starts[next] < end; next++) {
        unite(parents, run, next);
      }
    }
  }
}

/** Numbers the components in the order of a scan and writes them to the voxels. */
function numberRuns(cut: ClassCut, { starts, ends }: Runs, parents: Int32Array): Components {
  const ids = new Int32Array(cut.bits.length);
  const numbers = new Int32Array(parents.length);
  const sizes = [0];
  for (let run = 0; run < starts.length; run++) {
    const top = root(parents, run);
    if (top === run) {
      numbers[run] = sizes.length;
      sizes.push(0);
    }
    const id = numbers[top];
    ids.fill(id, starts[run], ends[run]);
    sizes[id] += ends[run] - starts[run];
  }
  const inside = sizes.reduce((sum, size) => sum + size, 0);
  sizes[0] = ids.length - inside;
  return { count: sizes.length - 1, ids, sizes: Int32Array.from(sizes) };
}

function root(parents: Int32Array, run: number): number {
  let at = run;
  while (parents[at] !== at) {
    parents[at] = parents[parents[at]];
    at = parents[at];
  }
  return at;
}

/** Joins two trees under the run met first. */
function unite(parents: Int32Array, first: number, second: number): void {
  const a = root(parents, first);
  const b = root(parents, second);
  if (a < b) parents[b] = a;
  else parents[a] = b;
}

function withoutRim(ids: Int32Array, cut: ClassCut, grid: ByteGrid): Int32Array {
  const out = new Int32Array(grid.data.length);
  const rim = grid.rank === 3 ? 1 : 0;
  for (let z = 0; z < grid.depth; z++) {
    for (let y = 0; y < grid.height; y++) {
      const from = ((z + rim) * cut.height + y + 1) * cut.width + 1;
      out.set(ids.subarray(from, from + grid.width), (z * grid.height + y) * grid.width);
    }
  }
  return out;
}
