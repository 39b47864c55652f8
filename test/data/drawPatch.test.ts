import { createRandom } from "../../src/core/random";
import { createBatches } from "../../src/data/createBatches";
import { drawPatch } from "../../src/data/drawPatch";
import type { Sample } from "../../src/data/types";

/** Pixels are numbered; label 2 is at the given positions `[row, column]`. */
function sample(places: readonly (readonly [number, number])[], id = "a"): Sample {
  const [height, width] = [7, 11];
  const labels = new Uint8Array(height * width);
  for (const [row, column] of places) labels[row * width + column] = 2;
  const data = Float32Array.from(labels, (_, index) => index);
  return { id, group: id, image: { height, width, data }, labels: { height, width, data: labels } };
}

/** The top left corner of a patch, from the number of its first pixel. */
const corner = ({ image }: Sample): readonly [number, number] => [
  Math.floor(image.data[0] / 11),
  image.data[0] % 11,
];

const draws = (from: Sample, label: number | null, patchSize = 4): Sample[] =>
  Array.from({ length: 60 }, (_, seed) =>
    drawPatch(from, { patchSize, label, random: createRandom(seed) }),
  );

describe("drawPatch", () => {
  it.each([
    // A pixel in the middle is the third of four; near an edge the patch is moved inwards.
    { pixel: [3, 5], expected: [1, 3] },
    { pixel: [0, 0], expected: [0, 0] },
    { pixel: [6, 10], expected: [3, 7] },
  ] as const)("stands around the class' pixel $pixel", ({ pixel, expected }) => {
    for (const patch of draws(sample([pixel]), 2)) expect(corner(patch)).toEqual(expected);
  });

  it("cuts image and labels alike", () => {
    const [patch] = draws(sample([[3, 5]]), 2);
    expect([...patch.image.data]).toEqual(
      [1, 2, 3, 4].flatMap((row) => [3, 4, 5, 6].map((c) => 11 * row + c)),
    );
    const { labels } = patch;
    expect(labels).toMatchObject({ height: 4, width: 4 });
    expect(labels?.data.indexOf(2)).toBe(4 * 2 + 2);
  });

  it("eventually takes each pixel of the class", () => {
    const corners = draws(
      sample([
        [2, 2],
        [5, 9],
      ]),
      2,
    ).map((patch) => corner(patch).join());
    expect(new Set(corners)).toEqual(new Set(["0,0", "3,7"]));
  });

  it.each([
    ["no class", null],
    ["a class that is not there", 1],
  ])("comes from anywhere for %s", (_, label) => {
    const corners = draws(sample([[3, 5]]), label, 6).map(corner);
    expect(new Set(corners.map(([row]) => row))).toEqual(new Set([0, 1]));
    expect(new Set(corners.map(([, column]) => column))).toEqual(new Set([0, 1, 2, 3, 4, 5]));
  });

  it.each([0, 8, 2.5])("rejects a side of %d", (patchSize) => {
    expect(() => draws(sample([]), null, patchSize)).toThrow(
      /patchSize: expected an integer from 1 to 7, the side of the samples/,
    );
  });
});

describe("createBatches of patches", () => {
  const samples = ["a", "b", "c", "d"].map((id, index) =>
    sample(index < 2 ? [[0, 0]] : [[6, 10]], id),
  );
  const batches = (options: Partial<Parameters<typeof createBatches>[1]> = {}) => [
    ...createBatches(samples, { batchSize: 2, seed: 4, patchSize: 3, ...options }),
  ];

  it("has the shape of the patch, and different patches in the next epoch", () => {
    const [first] = batches();
    expect(first).toMatchObject({ size: 2, height: 3, width: 3 });
    expect(first.images).toHaveLength(18);
    expect(batches()).toEqual(batches());
    expect(batches({ epoch: 1 })).not.toEqual(batches());
  });

  it("shows the class that a sample was drawn for", () => {
    const drawn = batches({ oversampleForeground: 1 });
    for (const { labels } of drawn) {
      expect([labels.subarray(0, 9), labels.subarray(9)].map((one) => one.includes(2))).toEqual([
        true,
        true,
      ]);
    }
    // Few patches at random positions contain the one pixel in a corner.
    const all = Array.from({ length: 10 }, (_, epoch) => batches({ epoch })).flat();
    expect(all.some(({ labels }) => !labels.includes(2))).toBe(true);
  });
});
