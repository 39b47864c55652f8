import { ShapeError } from "../core/errors";
import type { IntensityUnit, Plane } from "./types";

/** A voxel below this is air or lung; the value is between aerated lung (-850) and soft tissue (0). */
const LUNG_BELOW_HU = -320;
/** Regions smaller than this fraction of the slice are trachea, bowel or noise, not lung. */
const LEAST_SHARE = 0.004;

/** Flood fill from seeds through `open` pixels with 4-connectivity; returns the pixels reached. */
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

/** The pixels on a plane's border. */
function borderOf(height: number, width: number): number[] {
  const border: number[] = [];
  for (let col = 0; col < width; col++) border.push(col, (height - 1) * width + col);
  for (let row = 0; row < height; row++) border.push(row * width, row * width + width - 1);
  return border;
}

/**
 * Finds the lungs in an axial slice on the Hounsfield scale: large enough regions of air that do not
 * touch the border, and whatever they enclose (vessels). A dense lesion at the chest wall looks like
 * the wall and is missed unless the lesions' labels are given.
 *
 * @param lesions labels above 0 count as lung too, as `lungInvolvementPercent` needs
 * @returns 1 inside the lungs; `null` if the unit is not a measure of density
 * @throws ShapeError if the labels differ in size from the image
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
