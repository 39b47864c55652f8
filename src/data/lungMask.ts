import { ShapeError } from "../core/errors";
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
 * of some size, with what they enclose (vessels). Dense lesions at the wall have the density of the
 * wall and are missed; give the lesions' labels to count them in.
 *
 * @param lesions labels above 0 are lung too; the mask then serves `lungInvolvementPercent`
 * @returns 1 inside the lungs; `null` where the unit says nothing of density
 * @throws ShapeError where the labels have another size than the image
 * @example
 * const image = { height: 1, width: 3, data: Float32Array.of(-1000, 40, -1000) };
 * const lesions = { height: 1, width: 3, data: Uint8Array.of(0, 1, 0) };
 * Array.from(lungMask(image, "HU", lesions)?.data ?? []); // [0, 1, 0]
 */
export function lungMask(
  image: Plane<Float32Array>,
  unit: IntensityUnit,
  lesions?: Plane<Uint8Array>,
): Plane<Uint8Array> | null {
  if (unit !== "HU" && unit !== "pseudo-HU") return null;
  if (lesions !== undefined && (lesions.height !== image.height || lesions.width !== image.width)) {
    throw new ShapeError({
      where: "lungMask.lesions",
      expected: `the image's size, ${image.height} x ${image.width}`,
      got: `${lesions.height} x ${lesions.width}`,
    });
  }
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
  lesions?.data.forEach((label, pixel) => {
    if (label > 0) lung[pixel] = 1;
  });
  return { height, width, data: lung };
}
