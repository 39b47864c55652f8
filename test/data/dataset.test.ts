import { copyFileSync, existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import sharp from "sharp";
import { readCovidSemiSeg, readImageFolder } from "../../src/data/images/imageFolder";
import { encodeMaskPng } from "../../src/data/images/encodeMaskPng";
import { findNeighbours, groupNeighbours } from "../../src/data/nearDuplicates";
import { writeNifti } from "../../src/data/nifti/writeNifti";
import { readDataset } from "../../src/data/readDataset";
import type { Volume, VoxelArray } from "../../src/data/types";
import { splitNote } from "../../src/data/splitNote";
import { refusal } from "../support/refusal";
import { tempFolder } from "../support/tempFolder";

const folder = tempFolder();
const realSlices = resolve(
  __dirname,
  "../../../shared/data/covid-semiseg/MultiClassInfection-Train",
);

/** A grid of 4 x 3 x 2 voxels. */
function volume<T extends VoxelArray>(data: T): Volume<T> {
  const affine = [-1, 0, 0, 0, 0, -1, 0, 0, 0, 0, 5, 0, 0, 0, 0, 1];
  return { shape: [4, 3, 2], data, affine, spacingMm: [1, 1, 5], unit: "HU", source: "" };
}

const scan = volume(Float32Array.from({ length: 24 }, (_, i) => (i * i * 37) % 1000));
const labels = volume(Uint8Array.from({ length: 24 }, (_, i) => i % 4));

function newFolder(name: string): string {
  const path = join(folder, name);
  mkdirSync(path, { recursive: true });
  return path;
}

/** A seeded grey picture as a JPEG. */
async function writeJpeg(path: string, seed: number, side = 24): Promise<void> {
  const grey = Buffer.alloc(side * side);
  for (let i = 0; i < grey.length; i++) {
    grey[i] =
      127 + 100 * Math.sin(seed * 7 + (i % side) / (2 + seed)) * Math.cos(i / side / (1 + seed));
  }
  await sharp(grey, { raw: { width: side, height: side, channels: 1 } })
    .jpeg()
    .toFile(path);
}

function writeMask(path: string, side = 24): void {
  const data = Uint8Array.from({ length: side * side }, (_, i) => i % 3);
  writeFileSync(path, encodeMaskPng({ height: side, width: side, data }));
}

describe("readDataset", () => {
  it("reads a NIfTI pair by folder and by file", async () => {
    const path = newFolder("pair");
    await writeNifti(join(path, "tr_im.nii.gz"), scan);
    await writeNifti(join(path, "tr_mask.nii.gz"), labels);
    for (const source of [path, join(path, "tr_im.nii.gz")]) {
      const dataset = await readDataset(source);
      expect(dataset.cases.map(({ id }) => id)).toEqual(["tr_im-0", "tr_im-1"]);
      const [first] = dataset.cases;
      expect([first.image.height, first.image.width]).toEqual([3, 4]);
      expect(Array.from(first.image.data)).toEqual(Array.from(scan.data.subarray(0, 12)));
      expect(Array.from(first.labels?.data ?? [])).toEqual(Array.from(labels.data.subarray(0, 12)));
      expect(first.spacingMm).toEqual([1, 1]);
      expect(first.unit).toBe("HU");
    }
  });

  it("describes what a split of a single volume or of pictures means", async () => {
    const path = newFolder("single");
    await writeNifti(join(path, "anna.nii.gz"), scan);
    for (const options of [{}, { keepsNeighboursTogether: false }]) {
      expect(splitNote(await readDataset(path, options))).toMatch(
        /slices of one volume \(single\).*that patient are on both sides.*other patients/,
      );
    }
    const pictures = newFolder("unnamed");
    await writeJpeg(join(pictures, "1.jpg"), 1);
    expect(splitNote(await readDataset(pictures))).toMatch(/may be on both sides/);
  });

  it("rejects options that do not apply to the data", async () => {
    const path = newFolder("unused");
    await writeNifti(join(path, "anna.nii"), scan);
    await expect(readDataset(path, { series: "3" })).rejects.toThrow(/to take the series 3 from/);
    const file = join(path, "anna.nii");
    await expect(readDataset(file, { series: "3" })).rejects.toThrow(/to take the series 3 from/);
    const pictures = newFolder("unused-pictures");
    await writeJpeg(join(pictures, "1.jpg"), 1);
    await expect(readDataset(pictures, { unit: "HU" })).rejects.toThrow(/pictures, which are grey/);
    await expect(readDataset(pictures, { unit: "grey8" })).resolves.toBeDefined();
  });

  it("reads several volumes, one patient each", async () => {
    const path = newFolder("several");
    for (const name of ["anna", "bert"]) {
      await writeNifti(join(path, `${name}.nii.gz`), scan);
      await writeNifti(join(path, `${name}_seg.nii.gz`), labels);
    }
    const dataset = await readDataset(path);
    expect(dataset.cases.map(({ group }) => group)).toEqual(["anna", "anna", "bert", "bert"]);
    expect(dataset.grid).toBeNull();
    expect(splitNote(dataset)).toBeNull();
  });

  it("reads an image without mask, and images with black-and-white masks", async () => {
    const path = newFolder("plain");
    await writeNifti(join(path, "scan.nii.gz"), scan);
    expect((await readDataset(join(path, "scan.nii.gz"))).cases[0].labels).toBeNull();
    const [images, masks] = [newFolder("plain/images"), newFolder("plain/masks")];
    await writeJpeg(join(images, "b.jpg"), 1);
    const bits = Buffer.alloc(24 * 24, 255).fill(0, 0, 100);
    await sharp(bits, { raw: { width: 24, height: 24, channels: 1 } })
      .toColourspace("b-w")
      .png()
      .toFile(join(masks, "b.png"));
    const dataset = await readDataset(path, {
      classNames: ["background", "lesion"],
      labels: { 255: 1 },
    });
    const found = dataset.cases[0].labels?.data ?? new Uint8Array(0);
    expect(found.reduce((sum, label) => sum + label, 0)).toBe(24 * 24 - 100);
    expect((await readDataset(images)).cases[0].labels).toBeNull();
    expect((await readDataset(join(images, "b.jpg"))).cases[0].id).toBe("b");
  });

  it("reads a folder in natural order", async () => {
    const path = newFolder("order");
    for (const stem of ["10", "9", "2"]) await writeJpeg(join(path, `${stem}.jpg`), Number(stem));
    const dataset = await readDataset(path);
    expect(dataset.cases.map(({ id }) => id)).toEqual(["2", "9", "10"]);
  });
});

describe("bad data sets", () => {
  it("rejects a missing path, an empty folder and a text file", async () => {
    expect(await refusal(readDataset(join(folder, "none")))).toMatch(/nothing at that path. Check/);
    expect(await refusal(readDataset("~/none"))).toMatch(/Only a shell turns "~" into your home/);
    expect(await refusal(readDataset(newFolder("empty")))).toMatch(/got an empty folder/);
    const notes = newFolder("notes");
    writeFileSync(join(notes, "monday.txt"), "a note");
    writeFileSync(join(notes, "tuesday.md"), "another");
    expect(await refusal(readDataset(notes))).toMatch(/2 other entries \(monday.txt, tuesday.md\)/);
    expect(await refusal(readDataset(join(notes, "monday.txt")))).toMatch(/got a .txt file/);
  });

  it("rejects a mask of another shape, or without its image", async () => {
    const path = newFolder("shapes");
    await writeNifti(join(path, "tr_im.nii.gz"), scan);
    await writeNifti(join(path, "tr_mask.nii.gz"), { ...labels, shape: [3, 4, 2] });
    expect(await refusal(readDataset(path))).toMatch(
      /tr_mask.nii.gz: expected the grid of tr_im.nii.gz, 4 x 3 x 2 voxels .*, got 3 x 4 x 2 voxels/,
    );
    const alone = newFolder("alone");
    await writeNifti(join(alone, "tr_mask.nii.gz"), labels);
    expect(await refusal(readDataset(alone))).toMatch(/got masks only/);
  });

  it("rejects labels out of range in a volume", async () => {
    const path = newFolder("range");
    await writeNifti(join(path, "tr_im.nii.gz"), scan);
    await writeNifti(join(path, "tr_mask.nii.gz"), volume(labels.data.map((v) => v + 3)));
    expect(await refusal(readDataset(path))).toMatch(/expected a label from 0 to 3, got 4/);
  });

  it("rejects an image without mask, a mask of another size and a duplicate stem", async () => {
    const path = newFolder("semi");
    const [images, masks] = [newFolder("semi/Imgs"), newFolder("semi/GT")];
    await writeJpeg(join(images, "1.jpg"), 1);
    writeMask(join(masks, "1.png"), 23);
    expect(await refusal(readCovidSemiSeg(path))).toMatch(
      /1.png: expected the size of 1.jpg, 24 x 24, got 23 x 23/,
    );
    writeMask(join(masks, "1.png"));
    await writeJpeg(join(images, "2.jpg"), 2);
    expect(await refusal(readCovidSemiSeg(path))).toMatch(/2.png: expected the mask of 2.jpg/);
    copyFileSync(join(masks, "1.png"), join(masks, "2.png"));
    expect((await readCovidSemiSeg(path)).cases).toHaveLength(2);
    copyFileSync(join(images, "1.jpg"), join(images, "1.jpeg"));
    expect(await refusal(readCovidSemiSeg(path))).toMatch(/one file for each stem/);
  });

  it("rejects a folder without the layout of COVID-SemiSeg, and one over the limit", async () => {
    expect(await refusal(readCovidSemiSeg(newFolder("bare")))).toMatch(/Imgs: expected a folder/);
    const path = newFolder("limit");
    await writeJpeg(join(path, "1.jpg"), 1);
    expect(await refusal(readImageFolder(path, null, { maxBytes: 100 }))).toMatch(
      /at most 100 bytes of pixels in memory, got more, from 1.jpg on/,
    );
  });

  it("recognises a Git LFS pointer and a web page", async () => {
    const path = newFolder("page");
    writeFileSync(join(path, "scan.nii.gz"), "<!doctype html><title>404</title>".padEnd(400));
    expect(await refusal(readDataset(path))).toMatch(/not a NIfTI file/);
  });
});

describe("groupNeighbours", () => {
  const plane = (seed: number, shift = 0) => ({
    height: 40,
    width: 40,
    data: Float32Array.from(
      { length: 1600 },
      (_, i) => Math.sin((i % 40) / (2 + seed)) * Math.cos(i / 40 / (1 + seed)) + shift * (i % 7),
    ),
  });
  const item = (id: string, seed: number, shift = 0, group = id) => ({
    ...{ id, group, image: plane(seed, shift), labels: null },
    ...{ unit: "grey8" as const, spacingMm: null },
  });

  it("joins chains of near-duplicates and keeps given groups", () => {
    const cases = [item("a", 1), item("b", 3), item("c", 1, 0.01), item("d", 5, 0, "b")];
    expect(findNeighbours(cases).map(({ ids }) => ids)).toEqual([["a", "c"]]);
    expect(groupNeighbours(cases).map(({ group }) => group)).toEqual(["a", "b", "a", "b"]);
  });

  const withRealSlices = existsSync(realSlices) ? it : it.skip;
  withRealSlices("finds the two pairs among the 50 public slices, and no other", async () => {
    const dataset = await readCovidSemiSeg(realSlices);
    expect(dataset.cases).toHaveLength(50);
    const pairs = findNeighbours(dataset.cases).map(({ ids }) => [...ids].sort());
    expect(pairs).toEqual([
      ["10", "43"],
      ["46", "5"],
    ]);
    const groups = new Map(dataset.cases.map(({ id, group }) => [id, group]));
    expect(groups.get("10")).toBe(groups.get("43"));
    expect(groups.get("5")).toBe(groups.get("46"));
    expect(new Set(groups.values()).size).toBe(48);
  });

  withRealSlices("reads the public slices as the data set's own page counts them", async () => {
    const dataset = await readCovidSemiSeg(realSlices);
    const lacking = (label: number) =>
      dataset.cases.filter(({ labels }) => !labels?.data.includes(label)).map(({ id }) => id);
    expect(lacking(1)).toEqual(["15", "54"]);
    expect(lacking(2)).toHaveLength(11);
    expect(dataset.classNames).toHaveLength(3);
  });
});
