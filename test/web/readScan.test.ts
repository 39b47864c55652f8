import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { readDicomSeries, readNifti, sliceVolume, writePhantom } from "../../src/data";
import { encodeMaskPng } from "../../src/data/images/encodeMaskPng";
import { inflateAtMost } from "../../src/data/inflate";
import { lesionShares } from "../../src/web/lesionShares";
import { readScan } from "../../src/web/readScan";
import type { ScanFile } from "../../src/web/readScan";
import segmentations from "../golden/dicomSegmentation.json";
import { tempFolder } from "../support/tempFolder";

const folder = tempFolder();

/** Bytes in memory of their own, as a page has them. */
const file = (name: string, bytes: Uint8Array): ScanFile => ({
  name,
  bytes: Uint8Array.from(bytes),
});

let packed: Uint8Array;
beforeAll(async () => {
  const { imagePath } = await writePhantom(folder, { count: 3, size: 32, seed: 4 });
  packed = readFileSync(imagePath);
});

describe("readScan", () => {
  it("reads a NIfTI volume as readNifti does, packed or not", async () => {
    const wanted = sliceVolume(await readNifti(join(folder, "tr_im.nii.gz")), null, { name: "a" });
    for (const bytes of [packed, gunzipSync(packed)]) {
      const { kind, cases, grid, notes } = await readScan([file("a.nii.gz", bytes)]);
      expect({ kind, notes }).toEqual({ kind: "nifti", notes: [] });
      expect(cases).toEqual(wanted.cases);
      expect(grid?.affine).toEqual(wanted.grid?.affine);
    }
  });

  it("reads a DICOM series by contents, and says what it passed over", async () => {
    const files = segmentations.images.map((content, index) =>
      file(`IM${index}`, Buffer.from(content, "base64")),
    );
    const { kind, cases, notes } = await readScan([...files, file("notes.txt", Buffer.from("x"))]);
    expect(kind).toBe("dicom");
    mkdirSync(join(folder, "dicom"));
    for (const { name, bytes } of files) writeFileSync(join(folder, "dicom", name), bytes);
    const volume = await readDicomSeries(join(folder, "dicom"));
    expect(cases).toEqual(sliceVolume(volume, null, { name: "series" }).cases);
    expect(notes).toEqual(["1 file that is not DICOM was skipped."]);
  });

  it.each([
    [() => [], /files: expected one NIfTI volume, .*, got none/],
    [
      () => [file("a.txt", Buffer.from("hello"))],
      /a\.txt: expected .*, got a file of another kind/,
    ],
    [() => [file("empty.nii", new Uint8Array(0))], /got an empty file/],
    [() => [file("cut.nii.gz", packed.subarray(0, 900))], /cut\.nii\.gz/],
    [() => [file("a.nii.gz", packed), file("b.nii.gz", packed)], /got a second NIfTI volume/],
    [
      () => [
        file("a.nii.gz", packed),
        file("b.png", encodeMaskPng({ height: 1, width: 1, data: Uint8Array.of(0) })),
      ],
      /b\.png: .* got png beside nifti. Choose files of one kind/,
    ],
  ])("refuses what it cannot read: %#", async (files, message) => {
    await expect(readScan(files())).rejects.toThrow(message);
  });

  it("refuses a gzip stream whose check sum is wrong", async () => {
    const damaged = Uint8Array.from(packed);
    damaged[damaged.length - 6] ^= 1;
    await expect(readScan([file("a.nii.gz", damaged)])).rejects.toThrow(/a\.nii\.gz/);
  });
});

describe("inflateAtMost", () => {
  it("stops at its limit, and notices an end that is missing", () => {
    const raw = packed.subarray(10, packed.length - 8);
    const whole = gunzipSync(packed);
    expect(inflateAtMost("raw", raw, whole.length)).toEqual(Uint8Array.from(whole));
    expect(inflateAtMost("raw", raw, whole.length - 1)).toMatchObject({ isTooLarge: true });
    expect(inflateAtMost("raw", raw.subarray(0, 500), whole.length)).toMatchObject({
      isTooLarge: false,
    });
  });
});

describe("lesionShares", () => {
  it("counts lungs where the numbers are densities, and volume where a grid is known", () => {
    const image = { height: 1, width: 4, data: Float32Array.of(40, -850, 0, 40) };
    const item = { id: "a", group: "a", image, labels: null, spacingMm: null, unit: "HU" as const };
    const mask = { height: 1, width: 4, data: Uint8Array.of(0, 0, 1, 0) };
    const grid = { spacingMm: [10, 10, 10] } as unknown as Parameters<typeof lesionShares>[3];
    const [share] = lesionShares([item], [mask], ["background", "lesion"], grid);
    expect(share).toMatchObject({ label: 1, name: "lesion", pixels: 1, percentOfSlices: 25 });
    expect(share.millilitres).toBe(1);
    expect(share.percentOfLungs).toBeGreaterThan(0);
    expect(() => lesionShares([item], [], ["background"], null)).toThrow(/1 masks, one per slice/);
  });
});
