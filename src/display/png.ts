import { encode } from "fast-png";

/**
 * An 8-bit picture as a base64 PNG, as Jupyter's `image/png` requires.
 *
 * @param pixels row-major, one byte per channel
 * @param channels 1 for grey, 3 for red, green and blue
 * @example
 * encodePng(new Uint8Array(64), 8, 8, 1).slice(0, 6); // "iVBORw"
 */
export function encodePng(
  pixels: Uint8Array,
  width: number,
  height: number,
  channels: 1 | 3,
): string {
  const png = encode({ width, height, data: pixels, channels, depth: 8 });
  return Buffer.from(png).toString("base64");
}
