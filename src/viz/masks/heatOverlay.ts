import { encode } from "fast-png";
import { ConfigError } from "../../core/errors";
import { dataUri } from "../pictures/base64";
import { interpolate } from "../svg/colourScale";
import type { ColourStops } from "../svg/colourScale";
import type { PlaneLike } from "./caseMasks";

/**
 * Values as a coloured picture to overlay on a scan, transparent where they are low.
 *
 * @param values row-major; scaled from their minimum to their maximum
 * @returns a PNG as a `data:` URL
 */
export function heatPicture(values: PlaneLike, stops: ColourStops): string {
  const { height, width, data } = values;
  let low = Infinity;
  let high = -Infinity;
  for (let i = 0; i < data.length; i++) {
    if (data[i] < low) low = data[i];
    if (data[i] > high) high = data[i];
  }
  const span = high - low || 1;
  const pixels = new Uint8Array(4 * height * width);
  for (let i = 0; i < height * width; i++) {
    const share = (data[i] - low) / span;
    pixels.set(interpolate(stops, share), 4 * i);
    pixels[4 * i + 3] = Math.round(210 * Math.min(1, share * 1.6));
  }
  return dataUri("image/png", encode({ width, height, data: pixels, channels: 4, depth: 8 }));
}

/** Rejects a map whose size is not that of the scan, reduced by the same factor along both axes. */
export function checkCoversScan(where: string, map: PlaneLike, scan: PlaneLike): void {
  const ratio = map.height / scan.height - map.width / scan.width;
  if (map.data.length !== map.height * map.width || Math.abs(ratio) > 0.02) {
    throw new ConfigError({
      where,
      expected: `a map with the scan's aspect ratio, ${scan.height} x ${scan.width}`,
      got: `${map.height} x ${map.width} with ${map.data.length} values`,
    });
  }
}
