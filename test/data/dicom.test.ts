import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseDicom } from "../../src/data/dicom/parseDicom";
import { readDicomSeries } from "../../src/data/dicom/readDicomSeries";
import { readDataset } from "../../src/data/readDataset";
import golden from "../golden/dicom.json";
import { refusal } from "../support/refusal";
import { tempFolder } from "../support/tempFolder";

const folder = tempFolder();
const seriesOf = (name: string) => {
  const found = golden.cases.find((one) => one.name === name);
  if (found === undefined) throw new Error(`no case ${name}`);
  return found;
};
const plain = seriesOf("explicit little endian");

/** Writes files under names that say nothing about their order. */
function writeSeries(name: string, files: readonly string[]): string {
  const path = join(folder, name.replace(/\W+/g, "-"));
  mkdirSync(path, { recursive: true });
  files.forEach((file, i) =>
    writeFileSync(join(path, `IM${(i * 7) % 10}`), Buffer.from(file, "base64")),
  );
  return path;
}

describe("readDicomSeries", () => {
  it.each(golden.cases.filter(({ name }) => name !== "JPEG 2000"))(
    "equals pydicom: $name",
    async ({ name, files, shape, values, affine }) => {
      const volume = await readDicomSeries(writeSeries(name, files));
      expect(volume.shape).toEqual(shape);
      expect(Array.from(volume.data)).toEqual(values.map(Math.fround));
      affine.forEach((value, i) => expect(volume.affine[i]).toBeCloseTo(value, 4));
      expect(volume.unit).toBe("HU");
      [0.8, 0.7, 2.5].forEach((mm, axis) => expect(volume.spacingMm[axis]).toBeCloseTo(mm, 5));
    },
  );

  it("passes over notes, and readDataset takes the folder", async () => {
    const path = writeSeries("with notes", plain.files);
    writeFileSync(join(path, "README.txt"), "a note");
    const dataset = await readDataset(path);
    expect(dataset.cases).toHaveLength(4);
    expect(new Set(dataset.cases.map(({ group }) => group)).size).toBe(1);
  });

  it("asks which of several series, and takes the one named", async () => {
    const path = writeSeries("two", [...plain.files, ...seriesOf("run-length encoded").files]);
    expect(await refusal(readDicomSeries(path))).toMatch(
      /2 series: 1\.2\.\d \(series 1\.2\.\d, 4 slices\); 1\.2\.\d \(.*Say which one/,
    );
    const volume = await readDicomSeries(path, { series: "1.2.3" });
    expect(Array.from(volume.data)).toEqual(plain.values);
    expect(await refusal(readDicomSeries(path, { series: "9" }))).toMatch(/the series 9/);
  });

  it("says that a slice is missing or there twice", async () => {
    const twice = writeSeries("twice", [...plain.files, plain.files[0]]);
    expect(await refusal(readDicomSeries(twice))).toMatch(/there twice/);
    const sorted = await readDicomSeries(writeSeries("whole", plain.files));
    expect(sorted.shape[2]).toBe(4);
    // Without an inner slice the gap shows; without an outer one nothing is missing.
    const outcomes = await Promise.all(
      plain.files.map((_, out) =>
        readDicomSeries(
          writeSeries(
            `without ${out}`,
            plain.files.filter((__, i) => i !== out),
          ),
        ).then(
          () => "read",
          (error: unknown) => (error as Error).message,
        ),
      ),
    );
    expect(outcomes.filter((outcome) => outcome === "read")).toHaveLength(2);
    expect(outcomes.filter((outcome) => /A slice is missing/.test(outcome))).toHaveLength(2);
  });

  it("names compressions that it does not unpack", async () => {
    const path = writeSeries("j2k", seriesOf("JPEG 2000").files);
    expect(await refusal(readDicomSeries(path))).toMatch(
      /TransferSyntaxUID \(0002,0010\): expected plain.*got JPEG 2000. Unpack/,
    );
  });

  it("refuses what is no series", async () => {
    expect(await refusal(readDicomSeries(writeSeries("none", [])))).toMatch(/an empty folder/);
    const path = writeSeries("text", [Buffer.from("a note").toString("base64")]);
    expect(await refusal(readDicomSeries(path))).toMatch(/1 other files/);
    expect(await refusal(readDicomSeries(join(path, "IM0")))).toMatch(/byte 128.*"DICM"/);
  });

  it("refuses every cut of a file by its byte or field", async () => {
    const whole = Buffer.from(plain.files[0], "base64");
    for (let length = 0; length < whole.length; length += 13) {
      const path = writeSeries("cut", [whole.subarray(0, length).toString("base64")]);
      expect(await refusal(readDicomSeries(join(path, "IM0")))).toMatch(/byte \d+|\(\w{4},\w{4}\)/);
    }
  });

  it("does not follow sequences for ever", () => {
    const item = Buffer.from("feff00e0ffffffff", "hex");
    const sequence = Buffer.from("0800510053510000ffffffff", "hex");
    const nested = Buffer.concat([sequence, item]);
    const head = Buffer.from(plain.files[0], "base64").subarray(0, 132);
    const bomb = Buffer.concat([head, ...Array.from({ length: 5000 }, () => nested)]);
    expect(() => parseDicom("bomb", bomb)).toThrow(/at most 16 nested sequences/);
  });
});
