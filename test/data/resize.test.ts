import fc from "fast-check";
import { ConfigError } from "../../src/core/errors";
import { resizeImage, resizeLabels } from "../../src/data/resize";
import golden from "../golden/resize.json";

describe("resize", () => {
  const cases = golden.cases.map((one) => ({
    ...one,
    name: `${one.height}x${one.width} to ${one.toHeight}x${one.toWidth}`,
  }));
  it.each(cases)("equals cv2: $name", (wanted) => {
    const { height, width, toHeight, toWidth } = wanted;
    const image = { height, width, data: Float32Array.from(wanted.image) };
    for (const method of ["area", "linear"] as const) {
      const { data } = resizeImage(image, toHeight, toWidth, method);
      expect(data).toHaveLength(wanted[method].length);
      wanted[method].forEach((value, i) => expect(data[i]).toBeCloseTo(value, 5));
    }
    const labels = { height, width, data: Uint8Array.from(wanted.labels) };
    expect(Array.from(resizeLabels(labels, toHeight, toWidth).data)).toEqual(wanted.nearest);
  });

  it("equals cv2 from 512 to the paper's 369", () => {
    const size = 512;
    const data = Float32Array.from(
      { length: size * size },
      (_, i) => (Math.floor(i / size) * 7 + (i % size) * 13) % 251,
    );
    for (const method of ["area", "linear"] as const) {
      const small = resizeImage({ height: size, width: size, data }, 369, 369, method);
      golden.paper.picks.forEach(([row, col], i) => {
        expect(Math.abs(small.data[row * 369 + col] - golden.paper[method][i])).toBeLessThan(2e-3);
      });
      const mean = small.data.reduce((a, b) => a + b, 0) / small.data.length;
      expect(mean).toBeCloseTo(golden.paper[`${method}Mean`], 3);
    }
  });

  it("restores labels exactly after enlarging by a whole factor", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 9 }),
        fc.integer({ min: 1, max: 9 }),
        fc.integer({ min: 1, max: 4 }),
        fc.uint8Array({ minLength: 81, maxLength: 81, max: 3 }),
        (height, width, factor, drawn) => {
          const data = drawn.slice(0, height * width);
          const up = resizeLabels({ height, width, data }, height * factor, width * factor);
          expect(resizeLabels(up, height, width).data).toEqual(data);
        },
      ),
    );
  });

  it("never creates a new label", () => {
    const data = Uint8Array.of(0, 3, 0, 3, 0, 3, 0, 3, 0);
    const { data: up } = resizeLabels({ height: 3, width: 3, data }, 7, 5);
    expect(new Set(up)).toEqual(new Set([0, 3]));
  });

  it("rejects a size of 0", () => {
    const image = { height: 1, width: 1, data: Float32Array.of(1) };
    expect(() => resizeImage(image, 0, 4)).toThrow(ConfigError);
    expect(() => resizeImage(image, 2.5, 4)).toThrow(/a positive integer height and width/);
  });
});
