import type { LabelPlane, LabelVolume } from "../../src/metrics";

/** A mask as it is drawn: digits are labels, dots are background. */
export function draw(picture: string): LabelPlane & { readonly data: Uint8Array } {
  const rows = picture
    .trim()
    .split("\n")
    .map((row) => row.trim().split(/\s+/));
  return {
    height: rows.length,
    width: rows[0].length,
    data: Uint8Array.from(rows.flat(), (cell) => (cell === "." ? 0 : Number(cell))),
  };
}

/** Slices, one above the other, as a volume. */
export function stack(...pictures: string[]): LabelVolume & { readonly data: Uint8Array } {
  const planes = pictures.map(draw);
  return {
    depth: planes.length,
    height: planes[0].height,
    width: planes[0].width,
    data: Uint8Array.from(planes.flatMap((plane) => Array.from(plane.data as Iterable<number>))),
  };
}
