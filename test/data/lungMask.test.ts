import { lungInvolvement, lungMask } from "../../src/data/lungMask";
import { makePhantom } from "../../src/data/phantom/makePhantom";

/** A drawing: `.` outside air, `#` tissue, `o` lung, `v` vessel. */
function draw(rows: readonly string[]) {
  const values: Record<string, number> = { ".": -1000, "#": 40, o: -850, v: 30 };
  const data = Float32Array.from(rows.join(""), (letter) => values[letter]);
  return { height: rows.length, width: rows[0].length, data };
}

describe("lungMask", () => {
  it("takes enclosed air with its vessels, not the air around the patient", () => {
    const image = draw(["........", ".######.", ".#oo##o#", ".#ov##o#", ".#oo##o#", ".######."]);
    const lung = lungMask(image, "HU");
    expect(Array.from(lung?.data ?? []).reduce((a, b) => a + b, 0)).toBe(8);
    const closed = draw(["#######", "#ooooo#", "#ooovo#", "#ooooo#", "#######"]);
    expect(lungMask(closed, "HU")?.data[2 * 7 + 4]).toBe(1);
  });

  it("says that it cannot tell where there are no Hounsfield units", () => {
    const image = draw(["oo", "oo"]);
    expect(lungMask(image, "grey8")).toBeNull();
    const labels = { height: 2, width: 2, data: new Uint8Array(4) };
    expect(lungInvolvement(image, "normalised", labels)).toBeNull();
    expect(lungInvolvement(image, "HU", labels)).toBeNaN();
  });

  it("finds a fifth of the phantom's slices to be lung", () => {
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
