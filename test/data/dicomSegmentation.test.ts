import { copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { parseDicom, readItems } from "../../src/data/dicom/parseDicom";
import { readDicomLabels } from "../../src/data/dicom/readDicomLabels";
import { readDicomSeries } from "../../src/data/dicom/readDicomSeries";
import { writeDicomLabels } from "../../src/data/dicom/writeDicomLabels";
import { readDataset } from "../../src/data/readDataset";
import golden from "../golden/dicomSegmentation.json";
import { encodeFixture } from "../golden/encodeSegmentation";
import { refusal } from "../support/refusal";
import { tempFolder } from "../support/tempFolder";

const folder = tempFolder();
const images = join(folder, "images");
mkdirSync(images);
golden.images.forEach((file, i) =>
  writeFileSync(join(images, `IM${i}`), Buffer.from(file, "base64")),
);

function writeFixture(name: string, file: string): string {
  const path = join(folder, `${name.replace(/\W+/g, "-")}.dcm`);
  writeFileSync(path, Buffer.from(file, "base64"));
  return path;
}

/** A folder with the images and segmentations beside them. */
function mixedFolder(name: string, files: readonly string[]): string {
  const path = join(folder, name);
  mkdirSync(path);
  golden.images.forEach((_, i) => copyFileSync(join(images, `IM${i}`), join(path, `IM${i}`)));
  files.forEach((file, i) => writeFileSync(join(path, `SEG${i}`), Buffer.from(file, "base64")));
  return path;
}

describe("readDicomLabels", () => {
  it.each(golden.cases)("equals highdicom: $name", async ({ name, file, labels }) => {
    const { mask, classNames } = await readDicomLabels(writeFixture(name, file), images);
    expect(Array.from(mask.data)).toEqual(labels);
    expect(classNames).toEqual(["background", "ground-glass opacity", "pleural effusion"]);
    const image = await readDicomSeries(images);
    expect(mask.affine).toEqual(image.affine);
    expect(mask.shape).toEqual(image.shape);
  });

  it.each([
    [
      "overlapping",
      /voxel \[\d, \d, \d\]: expected one segment at each voxel, got "ground-glass opacity" and "pleural effusion"/,
    ],
    ["fractional", /SegmentationType \(0062,0001\): expected BINARY .*, got FRACTIONAL of 8/],
    ["elsewhere", /ImageOrientationPatient \(0020,0037\): expected .*, as the images have/],
  ] as const)("refuses a segmentation that is %s", async (name, message) => {
    const path = writeFixture(name, golden.refused[name]);
    expect(await refusal(readDicomLabels(path, images))).toMatch(message);
  });

  it("rejects other files", async () => {
    expect(await refusal(readDicomLabels(join(images, "IM0"), images))).toMatch(
      /expected a DICOM segmentation \(SEG\), got an image/,
    );
  });
});

describe("readDataset", () => {
  it("uses a segmentation beside its series as the mask", async () => {
    const path = mixedFolder("labelled", [golden.cases[0].file]);
    const { cases, classNames } = await readDataset(path);
    expect(classNames).toEqual(["background", "ground-glass opacity", "pleural effusion"]);
    const counts = (values: Iterable<number>) => {
      const found = [0, 0, 0];
      for (const value of values) found[value]++;
      return found;
    };
    expect(counts(cases.flatMap(({ labels }) => [...(labels?.data ?? [])]))).toEqual(
      counts(golden.cases[0].labels),
    );
  });

  it("requires a choice among several, and leaves out those of other series", async () => {
    const two = mixedFolder("two", [golden.cases[0].file, golden.cases[1].file]);
    expect(await refusal(readDataset(two))).toMatch(
      /expected one segmentation of the series, got SEG0 and SEG1/,
    );
    const warn = jest.spyOn(console, "warn").mockImplementation();
    const other = mixedFolder("other", [golden.refused.elsewhere]);
    const { cases } = await readDataset(other);
    expect(cases.every(({ labels }) => labels === null)).toBe(true);
    expect(warn.mock.calls).toEqual([
      [expect.stringMatching(/SEG0 \(segmentation of another series\)/)],
    ]);
    warn.mockRestore();
  });

  it("reports how many class names are missing", async () => {
    const path = mixedFolder("named", [golden.cases[0].file]);
    const named = await readDataset(path, { classNames: ["background", "GGO", "effusion"] });
    expect(named.classNames).toEqual(["background", "GGO", "effusion"]);
    expect(await refusal(readDataset(path, { classNames: ["background", "GGO"] }))).toMatch(
      /expected a label from 0 to 1, got 2/,
    );
  });
});

describe("writeDicomLabels", () => {
  it("writes files that highdicom and pydicom have read", () => {
    const file = encodeFixture(golden);
    expect(file.toString("base64")).toBe(golden.ours.file);
    expect(golden.ours.segments).toEqual([
      { label: "ground-glass opacity", code: ["112120", "DCM"] },
      { label: "pleural effusion", code: ["60046008", "SCT"] },
      { label: "Gefa?", code: ["CLASS3", "99LAYERBOOK"] },
    ]);
  });

  it("reads its own files, including an empty mask", async () => {
    const image = await readDicomSeries(images);
    const data = new Uint8Array(image.data.length);
    for (const labels of [data, data.map((_, i) => (i % 7 === 0 ? 1 + (i % 3) : 0))]) {
      const path = join(folder, "own.dcm");
      const mask = { ...image, data: labels };
      const { classNames } = golden;
      await writeDicomLabels(path, mask, images, { classNames });
      const back = await readDicomLabels(path, images);
      expect(Array.from(back.mask.data)).toEqual(Array.from(labels));
      expect(back.classNames).toEqual([
        "background",
        ...golden.ours.segments.map(({ label }) => label),
      ]);
    }
  });

  it("gives each file new UIDs and refers to every image", async () => {
    const image = await readDicomSeries(images);
    const mask = { ...image, data: new Uint8Array(image.data.length).fill(1) };
    const uids = new Set<string>();
    for (const name of ["a.dcm", "b.dcm"]) {
      const path = join(folder, name);
      await writeDicomLabels(path, mask, images, { classNames: golden.classNames });
      const elements = parseDicom(path, await readFile(path));
      uids.add(elements.values.get("00080018")?.toString() ?? "");
      const [series] = readItems(elements, "00081115");
      expect(readItems(series, "0008114a")).toHaveLength(4);
    }
    expect(uids.size).toBe(2);
  });

  it("rejects a mask on another grid", async () => {
    const image = await readDicomSeries(images);
    const mask = { ...image, shape: [7, 5, 3] as const, data: new Uint8Array(105) };
    await expect(
      writeDicomLabels(join(folder, "no.dcm"), mask, images, { classNames: ["background", "a"] }),
    ).rejects.toThrow(/expected the shape of the series, 7 x 5 x 4, got 7 x 5 x 3/);
  });
});
