import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { readDicomSeries } from "../../src/data/dicom/readDicomSeries";
import { writeDicomLabels } from "../../src/data/dicom/writeDicomLabels";
import { encode } from "fast-png";
import { writeNifti } from "../../src/data/nifti/writeNifti";
import { readDataset } from "../../src/data/readDataset";
import type { Volume, VoxelArray } from "../../src/data/types";
import golden from "../golden/dicom.json";
import segmentations from "../golden/dicomSegmentation.json";
import { textInDicom } from "../support/textInDicom";
import { refusal } from "../support/refusal";
import { tempFolder } from "../support/tempFolder";

const root = tempFolder();
const at = (...names: string[]): string => join(root, ...names);
const seriesOf = (name: string): readonly string[] =>
  golden.cases.find((one) => one.name === name)?.files ?? [];
const plain = seriesOf("explicit little endian");

function write(path: string, bytes: Buffer | string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, bytes);
}

/** Writes a series into a folder, with its identifying elements set. */
function writeSeries(
  folder: string,
  files: readonly string[],
  ids: Readonly<Record<string, string>>,
): void {
  files.forEach((file, i) =>
    write(join(folder, `IM${i}`), textInDicom(Buffer.from(file, "base64"), ids)),
  );
}

const PATIENT = "00100020";
const STUDY = "0020000d";
const SERIES = "0020000e";

/** A grid of 4 x 3 x 2 voxels. */
function volume<T extends VoxelArray>(data: T): Volume<T> {
  const affine = [-1, 0, 0, 0, 0, -1, 0, 0, 0, 0, 5, 0, 0, 0, 0, 1];
  return { shape: [4, 3, 2], data, affine, spacingMm: [1, 1, 5], unit: "HU", source: "" };
}
const scan = volume(Float32Array.from({ length: 24 }, (_, i) => (i * i * 37) % 1000));
const mask = volume(Uint8Array.from({ length: 24 }, (_, i) => i % 3));

let warnings: jest.SpyInstance;
const warned = (): string => warnings.mock.calls.flat().join("\n");
beforeEach(() => {
  warnings = jest.spyOn(console, "warn").mockImplementation(() => undefined);
});
afterEach(() => warnings.mockRestore());

describe("a folder for each patient", () => {
  it("is read as one group per patient, from NIfTI pairs", async () => {
    for (const name of ["anna", "bert"]) {
      await writeNifti(at("pairs", name, "ct.nii.gz"), scan);
      await writeNifti(at("pairs", name, "ct_seg.nii.gz"), mask);
    }
    mkdirSync(at("pairs", "empty"));
    const { cases, name } = await readDataset(at("pairs"));
    expect(name).toBe("pairs");
    expect(cases.map(({ id, group }) => `${group}: ${id}`)).toEqual([
      ...["anna: anna-ct-0", "anna: anna-ct-1", "bert: bert-ct-0", "bert: bert-ct-1"],
    ]);
    expect(cases.every(({ labels }) => labels !== null)).toBe(true);
    expect(warned()).toMatch(/pairs: left out 1 entry: empty \(folder without scans\)/);
  });

  it("is read from DICOM series at any depth, and folders with one PatientID form one group", async () => {
    const ids = (patient: string, n: number) => ({
      ...{ [PATIENT]: patient, [STUDY]: `1.9.${n}`, [SERIES]: `1.8.${n}` },
    });
    writeSeries(at("hospital", "1.2.840.1", "ST0", "SE0"), plain, ids("A", 1));
    writeSeries(at("hospital", "1.2.840.2"), plain, ids("B", 2));
    writeSeries(at("hospital", "later"), plain, ids("A", 3));
    const { cases } = await readDataset(at("hospital"));
    const groups = new Map(cases.map(({ id, group }) => [id.replace(/-\d$/, ""), group]));
    expect([...groups]).toEqual([
      ["1.2.840.1-ST0-SE0", "1.2.840.1"],
      ["1.2.840.2", "1.2.840.2"],
      ["later", "1.2.840.1"],
    ]);
    expect(cases).toHaveLength(12);
    expect(warned()).toMatch(
      /kept together, since they have the same PatientID: later with 1\.2\.840\.1/,
    );
  });

  it("gives classes with the same name the same label, whatever the segments' numbers", async () => {
    for (const name of ["anna", "bert"]) {
      segmentations.images.forEach((file, i) =>
        write(
          at("segmented", name, `IM${i}`),
          textInDicom(Buffer.from(file, "base64"), {
            [STUDY]: name === "anna" ? "1.9.1" : "1.9.2",
            [PATIENT]: name,
          }),
        ),
      );
    }
    const [{ file, labels }] = segmentations.cases;
    write(at("segmented", "anna", "SEG"), Buffer.from(file, "base64"));
    // The same mask with its segments numbered in reverse.
    const image = await readDicomSeries(at("segmented", "bert"));
    const turned = Uint8Array.from(labels, (label) => [0, 2, 1][label]);
    const classNames = ["background", "pleural effusion", "ground-glass opacity"];
    const bert = at("segmented", "bert");
    await writeDicomLabels(join(bert, "SEG"), { ...image, data: turned }, bert, { classNames });
    const dataset = await readDataset(at("segmented"));
    expect(dataset.classNames).toEqual(["background", ...[...classNames.slice(1)].reverse()]);
    const count = (group: string, label: number): number =>
      dataset.cases
        .filter((one) => one.group === group)
        .flatMap((one) => [...(one.labels?.data ?? [])])
        .filter((value) => value === label).length;
    const [ones, twos] = [1, 2].map((label) => labels.filter((value) => value === label).length);
    expect([count("anna", 1), count("anna", 2)]).toEqual([ones, twos]);
    expect([count("bert", 1), count("bert", 2)]).toEqual([ones, twos]);
    // The user may give the names in another order.
    const named = await readDataset(at("segmented", "anna"), { classNames });
    const found = named.cases.flatMap((one) => [...(one.labels?.data ?? [])]);
    expect(found.filter((value) => value === 2)).toHaveLength(ones);
  });

  it("is distinguished from the series of one study and the parts of a split", async () => {
    writeSeries(at("study", "SE0"), plain, { [STUDY]: "1.9.1", [SERIES]: "1.8.1" });
    writeSeries(at("study", "SE1"), plain, { [STUDY]: "1.9.1", [SERIES]: "1.8.2" });
    write(at("study", "snapshots", "a.png"), png());
    expect(await refusal(readDataset(at("study")))).toMatch(
      /2 series: 1\.8\.1 .*; 1\.8\.2 .*Choose one by its UID or number/,
    );
    expect(warned()).toMatch(/left out 1 entry: snapshots \(folder without DICOM images\)/);
    const { cases } = await readDataset(at("study"), { series: "1.8.2" });
    expect(cases).toHaveLength(4);
    writeSeries(at("study", "bert"), plain, { [STUDY]: "1.9.2", [SERIES]: "1.8.3" });
    expect(await refusal(readDataset(at("study")))).toMatch(
      /parts of one study in SE0, SE1, and others\. Put each patient's folders into one folder/,
    );
    for (const part of ["train", "val"]) write(at("parts", part, "a.png"), png());
    expect(await refusal(readDataset(at("parts")))).toMatch(/got parts of a split: train, val/);
  });
});

describe("data in nested folders", () => {
  it("are read if they are DICOM, and otherwise reported", async () => {
    const ids = { [SERIES]: "1.8.1" };
    writeSeries(at("deep"), plain.slice(0, 2), ids);
    writeSeries(at("deep", "sub"), plain.slice(2), ids);
    expect((await readDataset(at("deep"))).cases).toHaveLength(4);
    await writeNifti(at("old", "a.nii"), scan);
    await writeNifti(at("old", "backup", "a.nii"), scan);
    expect((await readDataset(at("old"))).cases).toHaveLength(2);
    expect(warned()).toMatch(/old: left out 1 entry: backup \(folder with scans\)/);
    write(at("layout", "images", "a.png"), png());
    write(at("layout", "more", "b.png"), png());
    expect((await readDataset(at("layout"))).cases).toHaveLength(1);
    expect(warned()).toMatch(/layout: left out 1 entry: more \(folder with scans\)/);
  });

  it("are read from an export with a DICOMDIR, of one patient and of two", async () => {
    const directory = Buffer.from(golden.others["DICOMDIR"], "base64");
    write(at("export", "DICOMDIR"), directory);
    const ids = (n: number) => ({ [PATIENT]: `P${n}`, [STUDY]: `1.9.${n}`, [SERIES]: `1.8.${n}` });
    writeSeries(at("export", "DICOM", "PA0", "ST0", "SE0"), plain, ids(0));
    expect((await readDataset(at("export"))).cases).toHaveLength(4);
    writeSeries(at("export", "DICOM", "PA1", "ST0", "SE0"), plain, ids(1));
    const { cases } = await readDataset(at("export"));
    expect([...new Set(cases.map(({ group }) => group))]).toEqual(["PA0", "PA1"]);
    // Two studies of one patient, with their series in the same folder.
    writeSeries(at("visits", "CT1"), plain, ids(0));
    writeSeries(at("visits", "CT2"), plain, { ...ids(0), [SERIES]: "1.8.7" });
    writeSeries(at("visits", "CT3"), plain, { ...ids(1), [PATIENT]: "P0" });
    expect(await refusal(readDataset(at("visits")))).toMatch(/3 series: 1\.8\.0 .*--series/);
  });

  it("are not followed in circles, and broken links are errors", async () => {
    writeSeries(at("circle"), plain, {});
    symlinkSync(at("circle"), at("circle", "again"));
    expect((await readDataset(at("circle"))).cases).toHaveLength(4);
    symlinkSync(at("nowhere"), at("circle", "IM9"));
    const message = /IM9: .*got a link whose target does not exist\. Fix the link/;
    expect(await refusal(readDataset(at("circle")))).toMatch(message);
    expect(await refusal(readDataset(at("circle", "IM9")))).toMatch(message);
  });
});

describe("unsupported formats", () => {
  it.each([
    ["scan.hdr", /half of a pair of \.hdr and \.img .*Convert the pair to one \.nii/],
    ["scan.mha", /a MetaImage file\. Convert it to \.nii\.gz/],
    ["scan.nrrd", /an NRRD file/],
    ["scan.tif", /a picture of another format/],
    ["scan.nii.bz2", /not packed with gzip/],
    ["scan.zip", /an archive\. Unpack it/],
  ])("are named: %s", async (name, message) => {
    const folder = `only-${name}`;
    write(at(folder, name), "x");
    expect(await refusal(readDataset(at(folder)))).toMatch(message);
    expect(await refusal(readDataset(at(folder, name)))).toMatch(message);
    await writeNifti(at(folder, "a.nii"), scan);
    expect((await readDataset(at(folder))).cases).toHaveLength(2);
    expect(warned()).toMatch(new RegExp(`left out 1 file: ${name}`));
  });
});

function png(): Buffer {
  const data = Uint8Array.of(0, 255);
  return Buffer.from(encode({ width: 2, height: 1, data, depth: 8, channels: 1 }));
}
