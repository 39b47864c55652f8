import { labelOutlines } from "../../../src/viz/pictures/outlines";

function draw(rows: readonly string[]): { height: number; width: number; data: number[] } {
  return { height: rows.length, width: rows[0].length, data: [...rows.join("")].map(Number) };
}

/** Twice the signed area; positive for a clockwise ring where y points down. */
function signedArea(ring: { x: readonly number[]; y: readonly number[] }): number {
  let sum = 0;
  for (let i = 1; i < ring.x.length; i++) {
    sum += ring.x[i - 1] * ring.y[i] - ring.x[i] * ring.y[i - 1];
  }
  return sum / 2;
}

describe("labelOutlines", () => {
  it("outlines a rectangle by its four corners", () => {
    const [ring] = labelOutlines(draw(["000", "011", "011"]), 1);
    expect(ring).toEqual({ x: [0.5, 2.5, 2.5, 0.5, 0.5], y: [0.5, 0.5, 2.5, 2.5, 0.5] });
  });

  it("turns holes the other way", () => {
    const rings = labelOutlines(draw(["222", "202", "222"]), 2);
    expect(rings.map(signedArea).sort((a, b) => a - b)).toEqual([-1, 9]);
  });

  it("separates pixels that touch at a corner", () => {
    expect(labelOutlines(draw(["10", "01"]), 1).map(signedArea)).toEqual([1, 1]);
  });

  it("covers exactly the pixels of the label, whatever the shape", () => {
    const mask = draw(["0110010", "1101110", "0111011", "1000110", "1110001"]);
    const total = labelOutlines(mask, 1).reduce((sum, ring) => sum + signedArea(ring), 0);
    expect(total).toBe(mask.data.filter((value) => value === 1).length);
  });

  it("is empty where the label is absent", () => {
    expect(labelOutlines(draw(["00"]), 1)).toEqual([]);
  });
});
