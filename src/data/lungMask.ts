import type { IntensityUnit, Plane } from "./types";

/** Below this a voxel is air or lung; between aerated lung (-850) and soft tissue (0). */
const LUNG_BELOW_HU = -320;
/** Lungs cover more of a slice than this; smaller pieces are windpipe, bowel or noise. */
const LEAST_SHARE = 0.004;

/** Spreads from seeds through pixels that are `open`, four neighbours each; returns what it reached. */
function flood(open: Uint8Array, width: number, seeds: Iterable<number>): number[] {
  const reached: number[] = [];
  for (const seed of seeds) {
    if (open[seed] === 0) continue;
    open[seed] = 0;
    reached.push(seed);
  }
  for (let next = 0; next < reached.length; next++) {
    const at = reached[next];
    const col = at % width;
    const around = [
      col > 0 ? at - 1 : -1,
      col < width - 1 ? at + 1 : -1,
      at - width,
      at + width < open.length ? at + width : -1,
    ];
    for (const neighbour of around) {
      if (neighbour < 0 || open[neighbour] === 0) continue;
      open[neighbour] = 0;
      reached.push(neighbour);
    }
  }
  return reached;
}

/** The pixels of a plane's border. */
function borderOf(height: number, width: number): number[] {
  const border: number[] = [];
  for (let col = 0; col < width; col++) border.push(col, (height - 1) * width + col);
  for (let row = 0; row < height; row++) border.push(row * width, row * width + width - 1);
  return border;
}

/**
 * The lungs of an axial slice on the Hounsfield scale: air that does not reach the border, in pieces
 * of some size, with what they enclose (vessels). Dense lesions at the wall are left out; add the
 * lesions' own labels for the share of the lung that they cover.
 *
 * @returns 1 inside the lungs; `null` where the unit says nothing of density
 */
export function lungMask(
  image: Plane<Float32Array>,
  unit: IntensityUnit,
): Plane<Uint8Array> | null {
  if (unit !== "HU" && unit !== "pseudo-HU") return null;
  const { height, width } = image;
  const air = Uint8Array.from(image.data, (value) => (value < LUNG_BELOW_HU ? 1 : 0));
  flood(air, width, borderOf(height, width));
  const lung = new Uint8Array(air.length);
  for (let at = 0; at < air.length; at++) {
    if (air[at] === 0) continue;
    const piece = flood(air, width, [at]);
    if (piece.length < LEAST_SHARE * air.length) continue;
    for (const pixel of piece) lung[pixel] = 1;
  }
  const outside = lung.map((inside) => 1 - inside);
  const reachable = flood(outside.slice(), width, borderOf(height, width));
  lung.fill(1);
  for (const pixel of reachable) lung[pixel] = 0;
  return { height, width, data: lung };
}

/**
 * Which share of the lungs lesions cover, in percent: labels above 0 over lungs and labels together.
 *
 * @returns `null` where there are no Hounsfield units to find the lungs by
 */
export function lungInvolvement(
  image: Plane<Float32Array>,
  unit: IntensityUnit,
  labels: Plane<Uint8Array>,
): number | null {
  const lung = lungMask(image, unit);
  if (lung === null) return null;
  let [lesion, whole] = [0, 0];
  for (let i = 0; i < lung.data.length; i++) {
    if (labels.data[i] > 0) lesion++;
    if (labels.data[i] > 0 || lung.data[i] > 0) whole++;
  }
  return whole === 0 ? NaN : (100 * lesion) / whole;
}
