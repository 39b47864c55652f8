import { encode } from "fast-png";

/**
 * An 8-bit grey picture as a PNG in base64, as Jupyter's `image/png` wants it.
 *
 * @param pixels row-major, one byte each
 * @example
 * encodeGreyPng(new Uint8Array(64), 8, 8).slice(0, 6); // "iVBORw"
 */
export function encodeGreyPng(pixels: Uint8Array, width: number, height: number): string {
  const png = encode({ width, height, data: pixels, channels: 1, depth: 8 });
  return Buffer.from(png).toString("base64");
}
