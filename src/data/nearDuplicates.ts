import { resizeImage } from "./resize";
import type { Plane, SliceCase } from "./types";

/** The side of a thumbnail; at 32 the known neighbours are well separated from all other pairs. */
const THUMBNAIL_SIDE = 32;
/** Of the 50 public slices, the two pairs of neighbours reach 0.994 and 0.919, the next pair 0.792. */
export const NEIGHBOUR_CORRELATION = 0.9;

/** Two slices that look nearly the same. */
export interface NeighbourPair {
  readonly ids: readonly [string, string];
  /** Pearson's correlation of their thumbnails. */
  readonly correlation: number;
}

/** Box blur of 5 x 5 pixels with edges repeated. */
function blurred(data: Float32Array): Float32Array {
  const last = THUMBNAIL_SIDE - 1;
  const pass = (from: Float32Array, step: number, across: number) => {
    const to = new Float32Array(from.length);
    for (let line = 0; line < THUMBNAIL_SIDE; line++) {
      for (let i = 0; i < THUMBNAIL_SIDE; i++) {
        let sum = 0;
        for (let k = i - 2; k <= i + 2; k++) {
          sum += from[line * across + (k < 0 ? 0 : k > last ? last : k) * step];
        }
        to[line * across + i * step] = sum / 5;
      }
    }
    return to;
  };
  return pass(pass(data, 1, THUMBNAIL_SIDE), THUMBNAIL_SIDE, 1);
}

/**
 * A thumbnail minus its blur (the coarse shape is the same in all chests), scaled to mean 0 and unit
 * length, so that a dot product is the correlation.
 */
function thumbnail(image: Plane<Float32Array>): Float32Array {
  const { data } = resizeImage(image, THUMBNAIL_SIDE, THUMBNAIL_SIDE, "area");
  const blur = blurred(data);
  const detail = data.map((value, i) => value - blur[i]);
  const mean = detail.reduce((sum, value) => sum + value, 0) / detail.length;
  const length = Math.sqrt(detail.reduce((sum, value) => sum + (value - mean) ** 2, 0));
  return detail.map((value) => (length > 0 ? (value - mean) / length : 0));
}

/**
 * Finds pairs of slices whose thumbnails correlate: neighbours from one patient, or the same slice twice.
 *
 * @param cases slices of any sizes
 * @param threshold the lowest correlation that counts as a pair; default {@link NEIGHBOUR_CORRELATION}
 * @returns the pairs, highest correlation first
 */
export function findNeighbours(
  cases: readonly Pick<SliceCase, "id" | "image">[],
  threshold = NEIGHBOUR_CORRELATION,
): NeighbourPair[] {
  const thumbnails = cases.map(({ image }) => thumbnail(image));
  const pairs: NeighbourPair[] = [];
  for (let i = 0; i < cases.length; i++) {
    for (let j = i + 1; j < cases.length; j++) {
      let correlation = 0;
      for (let k = 0; k < thumbnails[i].length; k++) {
        correlation += thumbnails[i][k] * thumbnails[j][k];
      }
      if (correlation >= threshold) pairs.push({ ids: [cases[i].id, cases[j].id], correlation });
    }
  }
  return pairs.sort((a, b) => b.correlation - a.correlation);
}

/**
 * Puts near-duplicate slices into one group, also if they are linked only through other slices. Existing
 * groups stay together.
 *
 * @returns the cases in their order; a merged group is named after its first case's group
 */
export function groupNeighbours(
  cases: readonly SliceCase[],
  threshold = NEIGHBOUR_CORRELATION,
): SliceCase[] {
  const parent = new Map(cases.map(({ group }) => [group, group]));
  const rootOf = (group: string): string => {
    let root = group;
    for (let up = parent.get(root) ?? root; up !== root; up = parent.get(root) ?? root) root = up;
    return root;
  };
  const groupOf = new Map(cases.map(({ id, group }) => [id, group]));
  const order = new Map([...parent.keys()].map((group, index) => [group, index]));
  for (const { ids } of findNeighbours(cases, threshold)) {
    const [a, b] = ids.map((id) => rootOf(groupOf.get(id) ?? id));
    const isFirst = (order.get(a) ?? 0) <= (order.get(b) ?? 0);
    parent.set(isFirst ? b : a, isFirst ? a : b);
  }
  return cases.map((item) => ({ ...item, group: rootOf(item.group) }));
}
