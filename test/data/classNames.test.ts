import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { encode } from "fast-png";
import { writeNifti } from "../../src/data/nifti/writeNifti";
import { readDataset } from "../../src/data/readDataset";
import { CLASS_NAMES } from "../../src/data/types";
import type { Volume, VoxelArray } from "../../src/data/types";
import { sliceVolume } from "../../src/data/volumeSlices";
import { evaluateFiles } from "../../src/experiments/evaluation/evaluateFiles";
import { refusal } from "../support/refusal";
import { tempFolder } from "../support/tempFolder";

const root = tempFolder();

/** A folder of pictures with masks of these values. */
function pictures(name: string, ...masks: readonly (readonly number[])[]): string {
  const folder = join(root, name);
  masks.forEach((values, index) => {
    const put = (part: string, data: readonly number[]): void => {
      const path = join(folder, part, `${index}.png`);
      mkdirSync(dirname(path), { recursive: true });
      const picture = { width: 4, height: 4, channels: 1, depth: 8 } as const;
      writeFileSync(path, encode({ ...picture, data: Uint8Array.from(data) }));
    };
    const random = Array.from({ length: 16 }, (_, i) => ((index + 2) * i * i * 37) % 251);
    put("images", random);
    put(
      "masks",
      Array.from({ length: 16 }, (_, i) => values[i % values.length]),
    );
  });
  return folder;
}

function volume<T extends VoxelArray>(data: T): Volume<T> {
  const affine = [-1, 0, 0, 0, 0, -1, 0, 0, 0, 0, 5, 0, 0, 0, 0, 1];
  return { shape: [4, 3, 2], data, affine, spacingMm: [1, 1, 5], unit: "HU", source: "scan" };
}
const scan = volume(Float32Array.from({ length: 24 }, (_, i) => i - 1000));
const mask = volume(Uint8Array.from({ length: 24 }, (_, i) => i % 3));

const NUMBERED = ["background", "class 1", "class 2", "class 3"];

describe("the class names of a data set", () => {
  it("are numbers if the data have no class names", async () => {
    const own = pictures("own", [0, 1], [0, 3]);
    expect((await readDataset(own)).classNames).toEqual(NUMBERED);
    expect((await readDataset(pictures("more", [0, 1, 2, 3, 4, 5]))).classNames).toHaveLength(6);
    const nifti = join(root, "nifti");
    await writeNifti(join(nifti, "ct.nii.gz"), scan);
    await writeNifti(join(nifti, "ct_seg.nii.gz"), mask);
    expect((await readDataset(nifti)).classNames).toEqual(NUMBERED.slice(0, 3));
    expect(sliceVolume(scan, mask, { name: "a" }).classNames).toEqual(NUMBERED.slice(0, 3));
    const truth = join(own, "masks");
    const { summary } = await evaluateFiles({ truth, prediction: truth });
    expect(summary.perClass.map(({ name }) => name)).toEqual(NUMBERED);
  });

  it("must differ", async () => {
    const own = pictures("alike", [0, 1, 2]);
    const classNames = ["background", "lesion", "lesion"];
    const message =
      /: expected a different name for each class, got "lesion" for labels 1 and 2\. /;
    expect(await refusal(readDataset(own, { classNames }))).toMatch(message);
    writeFileSync(
      join(own, "dataset.json"),
      JSON.stringify({ labels: { 0: "background", 1: "lesion", 2: "lesion" } }),
    );
    expect(await refusal(readDataset(own))).toMatch(message);
    // Of a duplicate key, only the last value would be read.
    writeFileSync(
      join(own, "dataset.json"),
      '{ "labels": { "background": 0, "lesion": 1, "lesion": 2 } }',
    );
    expect(await refusal(readDataset(own))).toMatch(
      /dataset\.json: expected each key once, got "labels\.lesion" twice/,
    );
  });

  it("are those of the user, else those of dataset.json, in any layout", async () => {
    const own = pictures("named", [0, 1, 2]);
    const labels = { background: 0, nodule: 1, cyst: 2 };
    writeFileSync(join(own, "dataset.json"), JSON.stringify({ labels }));
    expect((await readDataset(own)).classNames).toEqual(["background", "nodule", "cyst"]);
    const classNames = ["background", "one", "two"];
    expect((await readDataset(own, { classNames })).classNames).toEqual(classNames);
    const pairs = join(root, "pairs");
    await writeNifti(join(pairs, "ct.nii.gz"), scan);
    await writeNifti(join(pairs, "ct_seg.nii.gz"), mask);
    writeFileSync(join(pairs, "dataset.json"), JSON.stringify({ labels }));
    expect((await readDataset(pairs)).classNames).toEqual(["background", "nodule", "cyst"]);
  });

  it("are those of the public slices, recognised by file names", async () => {
    const known = join(root, "known");
    await writeNifti(join(known, "tr_im.nii.gz"), scan);
    await writeNifti(join(known, "tr_mask.nii.gz"), mask);
    expect((await readDataset(known)).classNames).toEqual(CLASS_NAMES);
    const truth = join(known, "tr_mask.nii.gz");
    const { summary } = await evaluateFiles({ truth, prediction: truth });
    expect(summary.perClass.map(({ name }) => name)).toEqual(CLASS_NAMES.slice(0, 3));
  });

  it("cover all patients, and are not joined with names of only some patients", async () => {
    const patients = join(root, "patients");
    pictures(join("patients", "anna"), [0, 2]);
    pictures(join("patients", "bert"), [0, 1, 3]);
    const dataset = await readDataset(patients);
    expect(dataset.classNames).toEqual(NUMBERED);
    expect(Math.max(...dataset.cases.flatMap(({ labels }) => [...(labels?.data ?? [])]))).toBe(3);
    const labels = { background: 0, nodule: 1, cyst: 2 };
    writeFileSync(join(patients, "anna", "dataset.json"), JSON.stringify({ labels }));
    expect(await refusal(readDataset(patients))).toMatch(
      /bert: expected masks that name their classes, as those of anna do, got labels without names/,
    );
  });

  it("are none without masks", async () => {
    const own = pictures("own", [0, 1], [0, 3]);
    expect((await readDataset(join(own, "images"))).classNames).toEqual(["background"]);
  });
});

it.each([
  [[0, 255], /slice 0, row 0, column 1: expected labels 0, 1, 2 .*, got the values 0, 255/],
  [[0, 1, 2, 128], /column 3: .* got the values 0, 1, 2, 128\..*--labels 255=1.*--classes/],
])("masks of grey values %j are no labels", async (values, message) => {
  expect(await refusal(readDataset(pictures(`grey-${values.join("-")}`, values)))).toMatch(message);
  const truth = join(root, `grey-${values.join("-")}`, "masks");
  expect(await refusal(evaluateFiles({ truth, prediction: truth }))).toMatch(
    /the values 0, .*--lab/,
  );
});
