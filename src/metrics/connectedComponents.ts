import { ConfigError } from "../core/errors";
import { toByteGrid } from "./grid";
import type { ByteGrid, LabelGrid } from "./grid";
import { TRUTH, cutClass } from "./surfaceElements";
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
  const { connectivity = "face", label } = options;
  if (label === 0) {
    throw new ConfigError({
      where: "connectedComponents.label",
      expected: "a label from 1",
      got: "0",
      remedy: "The background is what components lie in.",
    });
  }
  const grid = toByteGrid("connectedComponents.mask", mask);
  const chosen: ByteGrid =
    label === undefined ? { ...grid, data: grid.data.map((value) => (value === 0 ? 0 : 1)) } : grid;
  const { depth, height, width } = grid;
  const whole = { low: [0, 0, 0], high: [depth - 1, height - 1, width - 1] } as const;
  const cut = cutClass(chosen, chosen, label ?? 1, whole);
  const inside = componentsOfCut(cut, TRUTH, connectivity);
  return { ...inside, ids: withoutRim(inside.ids, cut, grid) };
}

/**
 * Components of the voxels that have a bit, in a cut whose rim is empty: no neighbour is outside.
 *
 * @returns ids in the order of the cut
 */
export function componentsOfCut(
  cut: ClassCut,
  bit: number,
  connectivity: Connectivity,
): Components {
  const { bits } = cut;
  const ids = new Int32Array(bits.length);
  const parents: number[] = [0];
  const earlier = earlierNeighbours(cut, connectivity);
  for (let i = 0; i < bits.length; i++) {
    if ((bits[i] & bit) === 0) continue;
    let own = 0;
    for (let n = 0; n < earlier.length; n++) {
      const neighbour = ids[i + earlier[n]];
      if (neighbour === 0 || neighbour === own) continue;
      own = own === 0 ? root(parents, neighbour) : unite(parents, own, neighbour);
    }
    if (own === 0) {
      own = parents.length;
      parents.push(own);
    }
    ids[i] = own;
  }
  return renumber(ids, parents);
}

/** Steps back to the neighbours that a scan has met before. */
function earlierNeighbours(cut: ClassCut, connectivity: Connectivity): Int32Array {
  const steps: number[] = [];
  for (let dz = cut.rank === 3 ? -1 : 0; dz <= 0; dz++) {
    for (let dy = -1; dy <= 1; dy++) {
      for (let dx = -1; dx <= 1; dx++) {
        const step = (dz * cut.height + dy) * cut.width + dx;
        const isFace = Math.abs(dz) + Math.abs(dy) + Math.abs(dx) === 1;
        if (step < 0 && (connectivity === "corner" || isFace)) steps.push(step);
      }
    }
  }
  return Int32Array.from(steps);
}

function root(parents: number[], id: number): number {
  let at = id;
  while (parents[at] !== at) {
    parents[at] = parents[parents[at]];
    at = parents[at];
  }
  return at;
}

/** Joins two trees under the smaller root, which is the one met first. */
function unite(parents: number[], first: number, second: number): number {
  const a = root(parents, first);
  const b = root(parents, second);
  const smaller = Math.min(a, b);
  parents[Math.max(a, b)] = smaller;
  return smaller;
}

function renumber(ids: Int32Array, parents: number[]): Components {
  const numbers = new Int32Array(parents.length);
  let count = 0;
  for (let id = 1; id < parents.length; id++) {
    const top = root(parents, id);
    numbers[id] = top === id ? ++count : numbers[top];
  }
  const sizes = new Int32Array(count + 1);
  for (let i = 0; i < ids.length; i++) {
    ids[i] = numbers[ids[i]];
    sizes[ids[i]]++;
  }
  return { count, ids, sizes };
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
