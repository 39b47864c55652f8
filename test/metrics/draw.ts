import type { LabelPlane, LabelVolume } from "../../src/metrics";

interface DrawnPlane extends LabelPlane {
  readonly data: Uint8Array;
}

interface DrawnVolume extends LabelVolume {
  readonly data: Uint8Array;
}

/** A mask as it is drawn: digits are labels, dots are background. */
export function draw(picture: string): DrawnPlane {
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
export function stack(...pictures: string[]): DrawnVolume {
  const planes = pictures.map(draw);
  return {
    depth: planes.length,
    height: planes[0].height,
    width: planes[0].width,
    data: Uint8Array.from(planes.flatMap((plane) => [...plane.data])),
  };
}
