import { CLASS_COLOURS } from "../../src/core/classColours";

/** Severe colour blindness in linear RGB, after Machado, Oliveira and Fernandes 2009. */
const VISIONS: Readonly<Record<string, readonly (readonly number[])[]>> = {
  usual: [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ],
  protanopia: [
    [0.152286, 1.052583, -0.204868],
    [0.114503, 0.786281, 0.099216],
    [-0.003882, -0.048116, 1.051998],
  ],
  deuteranopia: [
    [0.367322, 0.860646, -0.227968],
    [0.280085, 0.672501, 0.047413],
    [-0.01182, 0.04294, 0.968881],
  ],
  tritanopia: [
    [1.255528, -0.076749, -0.178779],
    [-0.078411, 0.930809, 0.147602],
    [0.004733, 0.691367, 0.3039],
  ],
};

const times = (matrix: readonly (readonly number[])[], x: readonly number[]): number[] =>
  matrix.map((row) => row.reduce((sum, value, i) => sum + value * x[i], 0));

/** CIE L*a*b* of a colour as somebody sees it. */
function seen(hex: string, vision: readonly (readonly number[])[]): number[] {
  const linear = [1, 3, 5].map((at) => {
    const value = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
  const clipped = times(vision, linear).map((value) => Math.min(1, Math.max(0, value)));
  const toXyz = [
    [0.4124, 0.3576, 0.1805],
    [0.2126, 0.7152, 0.0722],
    [0.0193, 0.1192, 0.9505],
  ];
  const [x, y, z] = times(toXyz, clipped).map((value, i) => {
    const share = value / [0.9505, 1, 1.089][i];
    return share > 0.008856 ? Math.cbrt(share) : 7.787 * share + 16 / 116;
  });
  return [116 * y - 16, 500 * (x - y), 200 * (y - z)];
}

describe.each(Object.entries(VISIONS))(
  "the first three class colours with %s vision",
  (_, vision) => {
    const colours = CLASS_COLOURS.slice(1, 4).map((hex) => seen(hex ?? "", vision));

    it("differ from one another", () => {
      for (let i = 0; i < 3; i++) {
        for (let j = 0; j < i; j++) {
          const distance = Math.hypot(...colours[i].map((value, k) => value - colours[j][k]));
          expect(distance).toBeGreaterThan(30);
        }
      }
    });

    it("are no greys, which a scan is made of", () => {
      for (const [, a, b] of colours) expect(Math.hypot(a, b)).toBeGreaterThan(15);
    });
  },
);
