import { writeFileSync, readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { applyAffine, invertAffine, isOrthogonal, multiplyAffines } from "../../src/data/affine";
import { alignLabels } from "../../src/data/geometry/alignLabels";
import { resampleImageVolume, resampleLabelVolume } from "../../src/data/geometry/resampleVolume";
import { readNifti, readNiftiLabels } from "../../src/data/nifti/readNifti";
import { writeNifti } from "../../src/data/nifti/writeNifti";
import type { Affine, Volume, VoxelArray } from "../../src/data/types";
import { labelsToVolume, sliceVolume } from "../../src/data/volumeSlices";
import golden from "../golden/grids.json";
import { refusal } from "../support/refusal";
import { tempFolder } from "../support/tempFolder";

const folder = tempFolder();
const quiet = { onUnitGuess: () => undefined, onPlacementIssue: () => undefined };

type Triple = [number, number, number];

function volume<T extends VoxelArray>(data: T, shape: Triple, affine: Affine): Volume<T> {
  return { shape, data, affine, spacingMm: [1, 1, 1], unit: "HU", source: "scan.nii.gz" };
}

/** `affine` with its axes in another order and direction: the same positions, but other indices. */
function turned(
  from: Volume<Uint8Array>,
  order: readonly number[],
  flips: readonly boolean[],
): Volume<Uint8Array> {
  const shape = order.map((axis) => from.shape[axis]) as Triple;
  const toOld = new Array<number>(16).fill(0);
  toOld[15] = 1;
  order.forEach((axis, index) => {
    toOld[4 * axis + index] = flips[index] ? -1 : 1;
    toOld[4 * axis + 3] = flips[index] ? shape[index] - 1 : 0;
  });
  const data = new Uint8Array(from.data.length);
  let to = 0;
  for (let k = 0; k < shape[2]; k++) {
    for (let j = 0; j < shape[1]; j++) {
      for (let i = 0; i < shape[0]; i++) {
        const [x, y, z] = applyAffine(toOld, [i, j, k]);
        data[to++] = from.data[x + from.shape[0] * (y + from.shape[1] * z)];
      }
    }
  }
  return volume(data, shape, multiplyAffines(from.affine, toOld));
}

const source = golden.source;
const oblique = source.affine;
const shape = source.shape as Triple;
const labels = volume(Uint8Array.from(source.labels), shape, oblique);
const image = volume(Float32Array.from(source.image), shape, oblique);

describe("affines", () => {
  it("multiply with their inverse to the identity", () => {
    const one = multiplyAffines(invertAffine(oblique), oblique);
    [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1].forEach((value, entry) => {
      expect(one[entry]).toBeCloseTo(value, 12);
    });
  });

  it("distinguish a sheared grid from an oblique one", () => {
    expect(isOrthogonal(oblique)).toBe(true);
    expect(isOrthogonal([1, 0, 0, 0, 0, 1, 0.5, 0, 0, 0, 3, 0, 0, 0, 0, 1])).toBe(false);
  });
});

describe("alignLabels", () => {
  it("returns labels that are already on the grid, and reverses any order and direction of axes", () => {
    expect(alignLabels(image, labels)).toBe(labels);
    const orders = [
      ...[
        [0, 1, 2],
        [0, 2, 1],
        [1, 0, 2],
      ],
      ...[
        [1, 2, 0],
        [2, 0, 1],
        [2, 1, 0],
      ],
    ];
    fc.assert(
      fc.property(
        fc.constantFrom(...orders),
        fc.tuple(fc.boolean(), fc.boolean(), fc.boolean()),
        (order, flips) => {
          const back = alignLabels(image, turned(labels, order, flips));
          expect(back.shape).toEqual(shape);
          expect(back.data).toEqual(labels.data);
        },
      ),
      { numRuns: 48 },
    );
  });

  it("aligns an image in L, A, S and a mask in L, P, S by position, not by index", () => {
    const [nx, ny] = [4, 5];
    const lesion = Uint8Array.from({ length: nx * ny }, (_, i) => (i < nx ? 1 : 0));
    const mirrored = Uint8Array.from({ length: nx * ny }, (_, i) => (i >= nx * (ny - 1) ? 1 : 0));
    const a = [-0.8, 0, 0, 0, 0, 0.8, 0, 0, 0, 0, 3, 0, 0, 0, 0, 1];
    const b = [-0.8, 0, 0, 0, 0, -0.8, 0, 0.8 * (ny - 1), 0, 0, 3, 0, 0, 0, 0, 1];
    const scan = volume(new Float32Array(nx * ny), [nx, ny, 1], a);
    expect(alignLabels(scan, volume(mirrored, [nx, ny, 1], b)).data).toEqual(lesion);
  });

  it("tolerates rounding in headers, and reports other differences in mm", () => {
    const moved = (change: (affine: number[]) => void): Volume<Uint8Array> => {
      const affine = [...oblique];
      change(affine);
      return { ...labels, affine, source: "mask.nii.gz" };
    };
    expect(
      alignLabels(
        image,
        moved((affine) => (affine[3] += 0.01)),
      ).data,
    ).toEqual(labels.data);
    expect(() =>
      alignLabels(
        image,
        moved((affine) => (affine[7] -= 100)),
      ),
    ).toThrow(
      /mask.nii.gz: expected the grid of scan.nii.gz, 5 x 4 x 3 voxels of 1.1 x 0.9 x 2.7 mm, axes RAS, got .*, its centre 100.00 mm and its corners up to .* mm away. Pair/,
    );
    const wider = moved((affine) => [0, 4, 8].forEach((row) => (affine[row] *= 2)));
    expect(() => alignLabels(image, wider)).toThrow(/voxels of 2.2 x 0.9 x 2.7 mm/);
    expect(() => alignLabels(image, { ...labels, shape: [4, 5, 3] })).toThrow(/4 x 5 x 3/);
  });

  it("resamples on request", () => {
    const [{ shape: size, affine, labels: wanted }] = golden.resampled;
    const grid = volume(new Float32Array(wanted.length), size as Triple, affine);
    expect(Array.from(alignLabels(grid, labels, { resample: true }).data)).toEqual(wanted);
  });
});

describe("resampling", () => {
  it.each(golden.resampled)("equals SimpleITK: $name", (wanted) => {
    const grid = { shape: wanted.shape as Triple, affine: wanted.affine };
    expect(Array.from(resampleLabelVolume(labels, grid).data)).toEqual(wanted.labels);
    const { data } = resampleImageVolume(image, grid, -1000);
    wanted.image.forEach((value, i) => expect(data[i]).toBeCloseTo(value, 2));
  });

  it("fills with the image's smallest value outside, which is air", () => {
    const far = [1, 0, 0, 1000, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1];
    const { data } = resampleImageVolume(image, { shape: [1, 1, 1], affine: far });
    expect(data[0]).toBe(Math.fround(Math.min(...source.image)));
  });
});

describe("NIfTI headers", () => {
  const write = (name: string, file: string): string => {
    const path = join(folder, name);
    writeFileSync(path, Buffer.from(file, "base64"));
    return path;
  };

  it.each(golden.units)("are read in $name as SimpleITK reads them", async (wanted) => {
    const read = await readNifti(write("units.nii", wanted.file), quiet);
    wanted.spacing.forEach((mm, axis) => expect(read.spacingMm[axis]).toBeCloseTo(mm, 5));
    wanted.origin.forEach((mm, axis) => expect(read.affine[4 * axis + 3]).toBeCloseTo(mm, 5));
  });

  it.each(golden.headers)("are kept by a mask on the grid: $name", async (wanted) => {
    const path = write("scan.nii", wanted.file);
    const scan = await readNifti(path, quiet);
    const { cases, grid } = sliceVolume(scan, null, { name: "scan" });
    if (grid === null) throw new Error("a volume has a grid");
    const planes = cases.map(({ image: { height, width } }) => ({
      ...{ height, width, data: new Uint8Array(height * width).fill(1) },
    }));
    const output = join(folder, "mask.nii");
    await writeNifti(output, labelsToVolume(planes, grid));
    const [before, after] = [readFileSync(path), readFileSync(output)];
    for (const [first, last] of [
      [40, 56], // the number of axes and their lengths
      [76, 92],
      [123, 124],
      [252, 328],
    ]) {
      expect(after.subarray(first, last)).toEqual(before.subarray(first, last));
    }
    expect([after.readInt16LE(254), after.readInt16LE(252)]).toEqual([wanted.sform, wanted.qform]);
    expect(after.readInt16LE(40)).toBe(wanted.shape.length);
    for (const text of wanted.extensions) expect(after.subarray(352).includes(text)).toBe(true);
    const back = await readNiftiLabels(output, quiet);
    expect(back.affine).toEqual(scan.affine);
    expect(back.data.every((label) => label === 1)).toBe(true);
  });

  it("are written anew for a volume that was moved", async () => {
    const scan = await readNifti(write("scan.nii", golden.headers[3].file), quiet);
    const affine = scan.affine.map((value, entry) => (entry === 3 ? value + 10 : value));
    const output = join(folder, "moved.nii");
    await writeNifti(output, { ...scan, affine });
    const bytes = readFileSync(output);
    expect([bytes.readInt16LE(254), bytes.readInt16LE(252), bytes[123]]).toEqual([1, 1, 2]);
    const back = await readNifti(output, quiet);
    affine.forEach((value, entry) => expect(back.affine[entry]).toBeCloseTo(value, 6));
  });

  it("do not match a file without a position to one with a position", async () => {
    const scan = await readNifti(write("scan.nii", golden.headers[0].file), quiet);
    const lost = await readNifti(write("lost.nii", golden.headers[4].file), quiet);
    const mask = { ...lost, data: new Uint8Array(lost.data.length) };
    const message = await refusal(Promise.resolve().then(() => alignLabels(scan, mask)));
    expect(message).toMatch(/lost.nii: expected a place .*sform_code and qform_code are 0/);
  });
});
