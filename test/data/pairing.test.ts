import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { encodeMaskPng } from "../../src/data/images/encodeMaskPng";
import { writeNifti } from "../../src/data/nifti/writeNifti";
import { isMaskName, pairByName } from "../../src/data/pairing";
import { readDataset } from "../../src/data/readDataset";
import type { Volume, VoxelArray } from "../../src/data/types";
import { refusal } from "../support/refusal";
import { tempFolder } from "../support/tempFolder";

const folder = tempFolder();

function pair(images: readonly string[], masks: readonly string[]): Record<string, string | null> {
  const pathOf = (name: string): string => `/data/${name}`;
  const place = { pathOf, otherPathOf: pathOf, kind: "image", otherKind: "mask" };
  return Object.fromEntries(pairByName(images, masks, place));
}

describe("pairByName", () => {
  it.each([
    ["tr_im.nii.gz", "tr_mask.nii.gz"],
    ["scan_im.nii.gz", "scan_mask.nii.gz"],
    ["ct_001_im.nii", "ct_001_mask.nii"],
    ["ct_001.nii", "ct_001_seg.nii"],
    ["img0001.nii.gz", "label0001.nii.gz"],
    ["case_0000.nii.gz", "case.nii.gz"], // nnU-Net
    ["anna.nii", "anna.nii"],
    ["M\u00fcller.nii", "Mu\u0308ller.nii"], // the same letter, composed and decomposed
    ["SCAN.NII.GZ", "scan_mask.nii.gz"],
    ["volume-3.nii", "segmentation-3.nii"], // LiTS
    ["anna.nii", "anna_pred.nii"],
  ])("pairs %s with %s", (image, mask) => {
    expect(pair([image], [mask])).toEqual({ [image]: mask });
  });

  it("distinguishes adjacent numbers", () => {
    const images = ["img0001.nii", "img0010.nii", "img0011.nii"];
    const masks = ["label0001.nii", "label0010.nii", "label0011.nii"];
    expect(Object.values(pair(images, masks))).toEqual(masks);
  });

  it("prefers the better match", () => {
    expect(pair(["a_ct.nii", "a_vol.nii"], ["a_ct_seg.nii", "a_vol_seg.nii"])).toEqual({
      "a_ct.nii": "a_ct_seg.nii",
      "a_vol.nii": "a_vol_seg.nii",
    });
  });

  it("rejects a mask that matches two images, two masks for one image, and a mask without image", () => {
    expect(() => pair(["a_ct.nii", "a_vol.nii"], ["a_seg.nii"])).toThrow(
      "/data/a_seg.nii: expected one image that it belongs to, got 2: a_ct.nii, a_vol.nii",
    );
    expect(() => pair(["a.nii"], ["a_seg.nii", "a_mask.nii"])).toThrow(
      "/data/a.nii: expected one mask, got a_seg.nii and a_mask.nii. Remove one of them",
    );
    expect(() => pair(["a.nii"], ["b_seg.nii"])).toThrow(
      /b_seg.nii: expected an image of the same name, .*, got a.nii/,
    );
    const extra = Array.from({ length: 8 }, (_, i) => `x${i}_seg.nii`);
    expect(() => pair(["a.nii"], ["a_seg.nii", ...extra])).toThrow(
      /x0_seg.nii: .*likewise for x1_seg.nii, .*, x5_seg.nii and 2 more\. Add the image/,
    );
  });

  it("recognises masks by whole words in the name", () => {
    expect(["tr_mask.nii", "label01.nii", "GT-3.png", "x.seg.nii"].every(isMaskName)).toBe(true);
    expect(["masker.nii", "segal.nii", "img01.nii"].some(isMaskName)).toBe(false);
  });
});

/** A grid of 4 x 3 x 2 voxels. */
function volume<T extends VoxelArray>(data: T): Volume<T> {
  const affine = [-1, 0, 0, 0, 0, -1, 0, 0, 0, 0, 5, 0, 0, 0, 0, 1];
  return { shape: [4, 3, 2], data, affine, spacingMm: [1, 1, 5], unit: "HU", source: "" };
}
const scan = volume(Float32Array.from({ length: 24 }, (_, i) => (i * i * 37) % 1000));
const mask = volume(Uint8Array.from({ length: 24 }, (_, i) => i % 3));

describe("readDataset", () => {
  async function layout(name: string, files: Readonly<Record<string, Volume<VoxelArray>>>) {
    for (const [file, content] of Object.entries(files)) {
      await writeNifti(join(folder, name, file), content);
    }
    return join(folder, name);
  }

  it("reads nnU-Net's layout with the class names of dataset.json", async () => {
    const path = await layout("nnunet", {
      "imagesTr/lung_001_0000.nii.gz": scan,
      "labelsTr/lung_001.nii.gz": mask,
      "imagesTr/lung_002_0000.nii.gz": scan,
      "labelsTr/lung_002.nii.gz": mask,
    });
    const labels = { background: 0, lesion: 1, effusion: 2 };
    writeFileSync(join(path, "dataset.json"), JSON.stringify({ labels, file_ending: ".nii.gz" }));
    const dataset = await readDataset(path);
    expect(dataset.classNames).toEqual(["background", "lesion", "effusion"]);
    expect(new Set(dataset.cases.map(({ group }) => group)).size).toBe(2);
    expect(dataset.cases.every(({ labels: plane }) => plane !== null)).toBe(true);
    const one = await readDataset(join(path, "imagesTr", "lung_001_0000.nii.gz"));
    expect(one.cases[0].labels?.data.includes(2)).toBe(true);
  });

  it("rejects several channels of a case, which would count as two patients", async () => {
    const path = await layout("channels", {
      "imagesTr/lung_001_0000.nii.gz": scan,
      "imagesTr/lung_001_0001.nii.gz": scan,
      "labelsTr/lung_001.nii.gz": mask,
    });
    expect(await refusal(readDataset(path))).toMatch(
      /imagesTr: expected one image per case, got lung_001_0000.nii.gz and lung_001_0001.nii.gz/,
    );
    // Other numbers are not channels.
    const years = await layout("years", { "scan_2019.nii": scan, "scan_2020.nii": scan });
    expect((await readDataset(years)).cases).toHaveLength(4);
  });

  it("reads the Medical Decathlon's dataset.json, and rejects labels with gaps", async () => {
    const path = await layout("decathlon", {
      "imagesTr/lung_001.nii.gz": scan,
      "labelsTr/lung_001.nii.gz": mask,
    });
    const write = (labels: object): void =>
      writeFileSync(join(path, "dataset.json"), JSON.stringify({ labels, numTraining: 1 }));
    write({ "0": "background", "1": "cancer", "2": "node" });
    expect((await readDataset(path)).classNames).toEqual(["background", "cancer", "node"]);
    write({ "0": "background", "4": "cancer" });
    expect(await refusal(readDataset(path))).toMatch(
      /dataset.json: expected labels 0, 1, 2 .*, got 0 background, 4 cancer. .*--labels/,
    );
    write({ background: 0, tumour: [1, 2] });
    expect(await refusal(readDataset(path))).toMatch(/dataset.json: expected labels: a name for/);
  });

  it("reads the cases listed in dataset.json, and warns about the others", async () => {
    const path = await layout("listed", {
      "imagesTr/lung_001_0000.nii.gz": scan,
      "labelsTr/lung_001.nii.gz": mask,
      "imagesTr/lung_é.nii.gz": scan,
      "labelsTr/lung_é.nii.gz": mask,
      "imagesTr/extra.nii.gz": scan,
      "labelsTr/extra.nii.gz": mask,
    });
    const named = (name: string) => ({
      image: `./imagesTr/${name}.nii.gz`,
      label: `./labelsTr/${name}.nii.gz`,
    });
    const list = (...names: string[]): void =>
      writeFileSync(
        join(path, "dataset.json"),
        JSON.stringify({
          labels: { "0": "background", "1": "a", "2": "b" },
          training: names.map(named),
        }),
      );
    const warnings = jest.spyOn(console, "warn").mockImplementation(() => undefined);
    // Without nnU-Net's `_0000`, and with an accent in a different Unicode form from the file's.
    list("lung_001", "lung_e\u0301");
    const { cases } = await readDataset(path);
    expect([...new Set(cases.map(({ group }) => group))]).toEqual(["lung_001_0000", "lung_é"]);
    expect(warnings.mock.calls.flat()).toEqual([
      expect.stringMatching(
        /imagesTr: left out 1 file: extra\.nii\.gz \(not in the list of dataset\.json\)/,
      ),
      expect.stringMatching(/labelsTr: left out 1 file: extra\.nii\.gz/),
    ]);
    warnings.mockRestore();
    list("lung_001", "lung_007");
    expect(await refusal(readDataset(path))).toMatch(
      /dataset\.json: expected the files of its training cases, got none named \.\/imagesTr\/lung_007\.nii\.gz, \.\/labelsTr/,
    );
    list("lung_001", "lung_001");
    expect(await refusal(readDataset(path))).toMatch(/lung_001_0000\.nii\.gz twice/);
    writeFileSync(
      join(path, "dataset.json"),
      JSON.stringify({ labels: { a: 0, b: 1 }, training: ["imagesTr/lung_001.nii.gz"] }),
    );
    expect(await refusal(readDataset(path))).toMatch(
      /training: a list of cases, each with image and/,
    );
  });

  it("reads NIfTI from images and masks with mapped values, whatever the case of the extension", async () => {
    const path = await layout("folders", {
      "images/SCAN.NII.GZ": scan,
      "masks/scan.nii.gz": volume(Uint8Array.from(mask.data, (label) => (label === 2 ? 255 : 0))),
    });
    const dataset = await readDataset(path, { labels: { 255: 1 } });
    expect(dataset.cases.map(({ labels }) => Math.max(...(labels?.data ?? [])))).toEqual([1, 1]);
    expect(await refusal(readDataset(path))).toMatch(
      /SCAN-0, row \d, column \d: expected labels 0, 1, 2 .*, got the values 0, 255\..*--labels/,
    );
  });

  it("aligns a mask with another order of axes, and rejects one at another position", async () => {
    const path = await layout("turned", { "tr_im.nii": scan });
    const rows = (from: Uint8Array): Uint8Array =>
      from.map(
        (_, i) => from[(i % 4) + 4 * (2 - (Math.floor(i / 4) % 3)) + 12 * Math.floor(i / 12)],
      );
    const affine = [...mask.affine];
    [affine[5], affine[7]] = [1, -2];
    await writeNifti(join(path, "tr_mask.nii"), { ...mask, affine, data: rows(mask.data) });
    const { cases } = await readDataset(path);
    expect(cases.flatMap(({ labels }) => [...(labels?.data ?? [])])).toEqual([...mask.data]);

    affine[3] += 100;
    await writeNifti(join(path, "tr_mask.nii"), { ...mask, affine });
    expect(await refusal(readDataset(path))).toMatch(
      /tr_mask.nii: expected the grid of tr_im.nii.*its centre 100.00 mm .*--resample/,
    );
    const moved = await readDataset(path, { resample: true });
    expect(moved.cases.every(({ labels }) => labels?.data.every((label) => label === 0))).toBe(
      true,
    );
  });

  it("rejects two masks for one image, as a file and as a folder", async () => {
    const path = await layout("two", { "a.nii": scan, "a_seg.nii": mask, "a_mask.nii": mask });
    for (const from of [path, join(path, "a.nii")]) {
      expect(await refusal(readDataset(from))).toMatch(/a.nii: expected one mask, got a_mask/);
    }
  });

  it("counts all volumes of a folder against one limit", async () => {
    const path = await layout("many", { "a.nii": scan, "b.nii": scan, "c.nii": scan });
    // Each is 96 bytes as float32.
    expect((await readDataset(path, { maxBytes: 3 * 96 })).cases).toHaveLength(6);
    expect(await refusal(readDataset(path, { maxBytes: 250 }))).toMatch(/c.nii.*at most 58 bytes/);
  });

  it("rejects a picture's mask without its image", async () => {
    const path = join(folder, "pictures");
    mkdirSync(join(path, "images"), { recursive: true });
    mkdirSync(join(path, "masks"));
    const grey = encodeMaskPng({ height: 2, width: 2, data: new Uint8Array(4) });
    writeFileSync(join(path, "masks", "1_mask.png"), grey);
    writeFileSync(join(path, "masks", "2_mask.png"), grey);
    writeFileSync(join(path, "images", "1.png"), grey);
    expect(await refusal(readDataset(path))).toMatch(/2_mask.png: expected an image of the same/);
  });
});
