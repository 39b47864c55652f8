import type { Random } from "../../core/random";

/** One straight piece of a vessel, in sides of the plane; `z` runs from the base (0) upwards. */
export interface Vessel {
  readonly from: readonly [x: number, y: number, z: number];
  readonly to: readonly [x: number, y: number, z: number];
  readonly radius: number;
}

/** Height of a lung in sides of the plane: 25 cm of 35. */
export const LUNG_HEIGHT = 0.72;
const TIPS_A_LUNG = 620;
const TIP_RADIUS = 0.00105;
/** Murray's law: the parent's radius to this power is the sum of its children's. */
const MURRAY_POWER = 2.7;

interface Node {
  readonly at: readonly [number, number, number];
  readonly parent: number;
  readonly hops: number;
  tips: number;
}

/**
 * Grows the vessels of both lungs: tips are strewn through the lung, and each joins the nearest
 * branch, the root being the hilum. Radii follow from the number of tips that a branch feeds.
 */
export function growVessels(
  random: Random,
  cavity: { readonly a: number; readonly b: number; readonly y: number },
): Vessel[] {
  return [-1, 1].flatMap((side) => {
    const root: Node = {
      at: [side * 0.085, cavity.y + 0.04, LUNG_HEIGHT * 0.5],
      parent: -1,
      hops: 0,
      tips: 0,
    };
    const nodes = [root];
    for (let tip = 0; tip < TIPS_A_LUNG; tip++) {
      // The first tips span the lung; the later fill it.
      const angle = 2 * Math.PI * random.uniform();
      const radius = Math.sqrt(random.uniform()) * (tip < 30 ? 0.75 : 0.98);
      const target: [number, number, number] = [
        side * (0.5 * cavity.a + 0.045) + 0.5 * cavity.a * radius * Math.cos(angle),
        cavity.y + cavity.b * radius * Math.sin(angle),
        LUNG_HEIGHT * (0.04 + 0.92 * random.uniform()),
      ];
      joinNearest(nodes, target, random);
    }
    return nodes.flatMap((node) => {
      if (node.parent < 0) return [];
      const radius = TIP_RADIUS * node.tips ** (1 / MURRAY_POWER);
      return [{ from: nodes[node.parent].at, to: node.at, radius: Math.min(radius, 0.0125) }];
    });
  });
}

/** Adds a bent branch from the nearest node to the target, and counts its tip up to the root. */
function joinNearest(
  nodes: Node[],
  target: readonly [number, number, number],
  random: Random,
): void {
  let nearest = 0;
  let least = Infinity;
  nodes.forEach(({ at, hops }, index) => {
    // A penalty on long ways keeps branches running outwards rather than from tip to tip.
    const distance =
      Math.hypot(at[0] - target[0], at[1] - target[1], at[2] - target[2]) + 0.0035 * hops;
    if (distance < least) [least, nearest] = [distance, index];
  });
  const start = nodes[nearest].at;
  const length = Math.hypot(...target.map((value, axis) => value - start[axis]));
  const pieces = Math.max(1, Math.min(6, Math.round(length / 0.035)));
  let parent = nearest;
  for (let piece = 1; piece <= pieces; piece++) {
    const t = piece / pieces;
    const bend = piece === pieces ? 0 : 0.06 * length;
    const at = target.map(
      (value, axis) => start[axis] + t * (value - start[axis]) + bend * random.normal(),
    ) as [number, number, number];
    nodes.push({ at, parent, hops: nodes[parent].hops + 1, tips: 0 });
    parent = nodes.length - 1;
  }
  for (let node = parent; node >= 0; node = nodes[node].parent) nodes[node].tips++;
}
