import { lungMask } from "../../src/data/lungMask";
import { makePhantom } from "../../src/data/phantom/makePhantom";
import { lungInvolvementPercent } from "../../src/metrics";

/** A drawing: `.` outside air, `#` tissue, `o` lung, `v` vessel. */
function draw(rows: readonly string[]) {
  const values: Record<string, number> = { ".": -1000, "#": 40, o: -850, v: 30 };
  const data = Float32Array.from(rows.join(""), (letter) => values[letter]);
  return { height: rows.length, width: rows[0].length, data };
}

describe("lungMask", () => {
  it("finds enclosed air with its vessels, not the air around the patient", () => {
    const image = draw(["........", ".######.", ".#oo##o#", ".#ov##o#", ".#oo##o#", ".######."]);
    const lung = lungMask(image, "HU");
    expect(Array.from(lung?.data ?? []).reduce((a, b) => a + b, 0)).toBe(8);
    const closed = draw(["#######", "#ooooo#", "#ooovo#", "#ooooo#", "#######"]);
    expect(lungMask(closed, "HU")?.data[2 * 7 + 4]).toBe(1);
  });

  it("returns null without Hounsfield units", () => {
    const image = draw(["oo", "oo"]);
    expect(lungMask(image, "grey8")).toBeNull();
    expect(lungMask(image, "normalised")).toBeNull();
  });

  it("counts lesions at the wall as lung, so that involvement has one denominator", () => {
    const image = draw(["########", "#oo##o##", "#oo##o##", "#oo##o##", "########"]);
    const lesions = { height: 5, width: 8, data: new Uint8Array(40) };
    lesions.data[8 + 6] = 2; // consolidation, as dense as the wall that it touches
    lesions.data[8 + 1] = 1; // ground glass within the lung
    const lung = lungMask(image, "HU", lesions);
    if (lung === null) throw new Error("no lungs found");
    expect(lung.data.reduce((sum, inside) => sum + inside, 0)).toBe(6 + 3 + 1);
    expect(lungInvolvementPercent(lesions, lung)).toBe(20);
    expect(lungInvolvementPercent(lesions, lung, [2])).toBe(10);
    const small = { height: 1, width: 1, data: new Uint8Array(1) };
    expect(() => lungMask(image, "HU", small)).toThrow(
      /expected the image's size, 5 x 8, got 1 x 1/,
    );
  });

  it("finds that a fifth of the phantom's slices is lung", () => {
    const size = 96;
    const { image, mask } = makePhantom({ count: 24, size, seed: 4 });
    let whole = 0;
    for (let slice = 0; slice < 24; slice++) {
      const part = [slice * size * size, (slice + 1) * size * size] as const;
      const plane = { height: size, width: size, data: image.data.slice(...part) };
      const lung = lungMask(plane, image.unit)?.data ?? new Uint8Array(0);
      const labels = mask.data.subarray(...part);
      lung.forEach((inside, i) => (whole += inside > 0 || labels[i] > 0 ? 1 : 0));
    }
    const share = whole / image.data.length;
    expect(share).toBeGreaterThan(0.17);
    expect(share).toBeLessThan(0.25);
  });
});
