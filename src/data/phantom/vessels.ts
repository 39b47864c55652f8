import type { Random } from "../../core/random";

// Bound once, since looking these up on every call is slow in a sandboxed realm such as a test's.
const { sqrt } = Math;
/** A straight piece of a vessel, in sides of the plane; `z` runs from the base (0) upwards. */
export interface Vessel {
  readonly from: readonly [x: number, y: number, z: number];
  readonly to: readonly [x: number, y: number, z: number];
  readonly radius: number;
}

/** Height of a lung in sides of the plane: 25 cm of a plane of 35 cm. */
export const LUNG_HEIGHT = 0.72;
const TIPS_PER_LUNG = 1000;
const TIP_RADIUS = 0.001;
/** Murray's law: a parent's radius to this power is the sum of its children's radii to this power. */
const MURRAY_POWER = 2.6;
/** The range of heights where arteries and veins enter the lung. */
const HILUM_LEVELS = [0.36, 0.46, 0.55, 0.64];

/** A growing tree stored as columns, which are faster to search than objects. */
interface Tree {
  readonly x: number[];
  readonly y: number[];
  readonly z: number[];
  readonly parent: number[];
  readonly hops: number[];
  readonly tips: number[];
}

function addNode(tree: Tree, at: readonly [number, number, number], parent: number): number {
  tree.x.push(at[0]);
  tree.y.push(at[1]);
  tree.z.push(at[2]);
  tree.parent.push(parent);
  tree.hops.push(parent < 0 ? 0 : tree.hops[parent] + 1);
  tree.tips.push(0);
  return tree.x.length - 1;
}

function nodeAt(tree: Tree, node: number): [number, number, number] {
  return [tree.x[node], tree.y[node], tree.z[node]];
}

/**
 * Grows the vessels of both lungs from roots at the hilum: tips are scattered through the lung, and each
 * joins the nearest branch. The radius of a branch follows from the number of tips that it feeds.
 */
export function growVessels(
  random: Random,
  cavity: { readonly a: number; readonly b: number; readonly y: number },
): Vessel[] {
  return [-1, 1].flatMap((side) => {
    const tree: Tree = { x: [], y: [], z: [], parent: [], hops: [], tips: [] };
    for (const level of HILUM_LEVELS) {
      const y = cavity.y + 0.03 + 0.03 * random.normal();
      addNode(tree, [side * (0.075 + 0.02 * random.uniform()), y, LUNG_HEIGHT * level], -1);
    }
    for (let tip = 0; tip < TIPS_PER_LUNG; tip++) {
      // The first tips span the lung; later ones fill it.
      const angle = 2 * Math.PI * random.uniform();
      const radius = sqrt(random.uniform()) * (tip < 40 ? 0.75 : 0.97);
      connectToNearest(
        tree,
        [
          side * (0.5 * cavity.a + 0.045) + 0.5 * cavity.a * radius * Math.cos(angle),
          cavity.y + cavity.b * radius * Math.sin(angle),
          LUNG_HEIGHT * (0.03 + 0.94 * random.uniform()),
        ],
        random,
      );
    }
    return tree.parent.flatMap((parent, node): Vessel[] => {
      if (parent < 0) return [];
      const radius = Math.min(TIP_RADIUS * tree.tips[node] ** (1 / MURRAY_POWER), 0.0125);
      return [{ from: nodeAt(tree, parent), to: nodeAt(tree, node), radius }];
    });
  });
}

/** Adds a bent branch from the nearest node to the target, and updates the tip counts up to the root. */
function connectToNearest(
  tree: Tree,
  target: readonly [number, number, number],
  random: Random,
): void {
  const { x, y, z, hops } = tree;
  let nearest = 0;
  let least = Infinity;
  for (let node = 0; node < x.length; node++) {
    const [dx, dy, dz] = [x[node] - target[0], y[node] - target[1], z[node] - target[2]];
    // A penalty on long paths makes branches run outwards rather than from tip to tip.
    const distance = sqrt(dx * dx + dy * dy + dz * dz) + 0.0035 * hops[node];
    if (distance < least) [least, nearest] = [distance, node];
  }
  const start = nodeAt(tree, nearest);
  const length = Math.hypot(...target.map((value, axis) => value - start[axis]));
  const pieces = Math.max(1, Math.min(6, Math.round(length / 0.035)));
  let parent = nearest;
  for (let piece = 1; piece <= pieces; piece++) {
    const t = piece / pieces;
    const bend = piece === pieces ? 0 : 0.06 * length;
    const place = (axis: number) =>
      start[axis] + t * (target[axis] - start[axis]) + bend * random.normal();
    parent = addNode(tree, [place(0), place(1), place(2)], parent);
  }
  for (let node = parent; node >= 0; node = tree.parent[node]) tree.tips[node]++;
}
