import { mkdirSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { listDicomSeries } from "../../src/data/dicom/dicomFolder";
import type { LeftOutFile } from "../../src/data/dicom/dicomFolder";
import { parseDicom } from "../../src/data/dicom/parseDicom";
import { readDicomSeries } from "../../src/data/dicom/readDicomSeries";
import { prepareSamples } from "../../src/data/prepare";
import { readDataset } from "../../src/data/readDataset";
import golden from "../golden/dicom.json";
import { refusal } from "../support/refusal";
import { tempFolder } from "../support/tempFolder";
import { textInDicom } from "../support/textInDicom";

const folder = tempFolder();
const seriesOf = (name: string) => {
  const found = golden.cases.find((one) => one.name === name);
  if (found === undefined) throw new Error(`no case ${name}`);
  return found;
};
const plain = seriesOf("explicit little endian");

/** Writes files under names that do not reveal their order. */
function writeSeries(name: string, files: readonly string[]): string {
  const path = join(folder, name.replace(/\W+/g, "-"));
  mkdirSync(path, { recursive: true });
  files.forEach((file, i) =>
    writeFileSync(join(path, `IM${(i * 7) % 13}`), Buffer.from(file, "base64")),
  );
  return path;
}

describe("readDicomSeries", () => {
  it.each(golden.cases)(
    "equals pydicom: $name",
    async ({ name, files, shape, values, affine, unit }) => {
      const volume = await readDicomSeries(writeSeries(name, files));
      expect(volume.shape).toEqual(shape);
      expect(Array.from(volume.data)).toEqual(values.map(Math.fround));
      affine.forEach((value, i) => expect(volume.affine[i]).toBeCloseTo(value, 4));
      expect(volume.unit).toBe(unit);
    },
  );

  it("ignores other files, and readDataset accepts the folder", async () => {
    const path = writeSeries("with notes", plain.files);
    writeFileSync(join(path, "README.txt"), "a note");
    const dataset = await readDataset(path);
    expect(dataset.cases).toHaveLength(4);
    expect(new Set(dataset.cases.map(({ group }) => group)).size).toBe(1);
  });

  it("lists several series, and takes the one chosen by UID or number", async () => {
    const path = writeSeries("two", [...plain.files, ...seriesOf("run-length encoded").files]);
    expect(await refusal(readDicomSeries(path))).toMatch(
      /2 series: 1\.2\.3 \(number 3, CT, "series 1\.2\.3", 4 slices\); 1\.2\.4 \(number 4, .*Choose one by/,
    );
    for (const series of ["1.2.3", "3"]) {
      const volume = await readDicomSeries(path, { series, onLeftOut: () => undefined });
      expect(Array.from(volume.data)).toEqual(plain.values);
    }
    expect(await refusal(readDicomSeries(path, { series: "9" }))).toMatch(/one series 9/);
    const listed = await listDicomSeries(path);
    expect(listed.map(({ uid, number, slices }) => [uid, number, slices])).toEqual([
      ["1.2.3", "3", 4],
      ["1.2.4", "4", 4],
    ]);
  });

  it("reads the images of a mixed folder and reports what it left out", async () => {
    const path = writeSeries("mixed", plain.files);
    const others = Object.entries(golden.others);
    others.forEach(([, file], i) =>
      writeFileSync(join(path, `OTHER${i}`), Buffer.from(file, "base64")),
    );
    let leftOut: readonly LeftOutFile[] = [];
    const volume = await readDicomSeries(path, { onLeftOut: (files) => (leftOut = files) });
    expect(Array.from(volume.data)).toEqual(plain.values);
    expect(leftOut.map(({ what }) => what)).toEqual(others.map(([what]) => what));
    expect(basename(leftOut[0].path)).toBe("OTHER0");

    const warn = jest.spyOn(console, "warn").mockImplementation();
    await readDataset(path);
    expect(warn.mock.calls).toEqual([
      [expect.stringMatching(/left out 10 files: OTHER0 \(structured report\).*and 5 more$/)],
    ]);
    warn.mockRestore();
    // The localiser is read on request.
    const scout = await readDicomSeries(path, { series: "1.2.8", onLeftOut: () => undefined });
    expect(scout.shape).toEqual([6, 6, 1]);
  });

  it.each(Object.entries(golden.others).filter(([what]) => what !== "localiser"))(
    "refuses a %s alone",
    async (what, file) => {
      const path = writeSeries(`alone ${what}`, [file]);
      const message = await refusal(readDicomSeries(path));
      expect(message).toMatch(
        what.startsWith("picture in")
          ? new RegExp(
              `PhotometricInterpretation \\(0028,0004\\): expected MONOCHROME1 or MONOCHROME2, got ${what.slice(11)}. .*colours`,
            )
          : new RegExp(`expected DICOM images, got ${what}`),
      );
    },
  );

  /** A file without its 128 bytes and `DICM`, and also without its header. */
  const bare = (file: string, hasHead: boolean): string => {
    const bytes = Buffer.from(file, "base64");
    const head = 132 + 12 + bytes.readUInt32LE(140);
    return bytes.subarray(hasHead ? 132 : head).toString("base64");
  };

  it.each([
    ["explicit little endian", true],
    ["explicit little endian", false],
    ["implicit little endian, a sequence inside", true],
    ["implicit little endian, a sequence inside", false],
    ["explicit big endian", false],
  ])("reads files without DICM: %s, with head: %s", async (name, hasHead) => {
    const { files, values } = seriesOf(name);
    const path = writeSeries(
      `bare ${name} ${hasHead}`,
      files.map((file) => bare(file, hasHead)),
    );
    expect(Array.from((await readDicomSeries(path)).data)).toEqual(values.map(Math.fround));
    expect((await readDataset(path)).cases).toHaveLength(files.length);
  });

  it("reads a data set whose encoding differs from the one in its header", async () => {
    const { files, values } = seriesOf("implicit little endian, a sequence inside");
    const named = files.map((file) => {
      const text = Buffer.from(file, "base64").toString("latin1");
      // The UID of the implicit encoding, padded, as that of the explicit one.
      const at = text.indexOf("1.2.840.10008.1.2\0");
      expect(at).toBeGreaterThan(0);
      const bytes = Buffer.from(text, "latin1");
      const head = bytes.subarray(0, at);
      head.writeUInt16LE(20, at - 2);
      const longer = Buffer.concat([
        head,
        Buffer.from("1.2.840.10008.1.2.1\0"),
        bytes.subarray(at + 18),
      ]);
      longer.writeUInt32LE(longer.readUInt32LE(140) + 2, 140);
      return longer.toString("base64");
    });
    const volume = await readDicomSeries(writeSeries("named explicit", named));
    expect(Array.from(volume.data)).toEqual(values.map(Math.fround));
  });

  it("rejects two patients in one series, and names both", async () => {
    const files = plain.files.map((file, i) => {
      const patient = i === 2 ? "BERT" : "ANNA";
      return textInDicom(Buffer.from(file, "base64"), { "00100020": patient }).toString("base64");
    });
    expect(await refusal(readDicomSeries(writeSeries("patients", files)))).toMatch(
      /PatientID \(0010,0020\): expected one patient in a series, ANNA as in .*, got BERT\. Put the files of each/,
    );
  });

  it("explains what to do with multi-frame files, alone and beside a series", async () => {
    const [file] = plain.files;
    const frames = { "00280008": "60", "0020000e": "1.2.99" };
    const enhanced = textInDicom(Buffer.from(file, "base64"), frames).toString("base64");
    const alone = writeSeries("enhanced", [enhanced]);
    expect(await refusal(readDicomSeries(alone))).toMatch(
      /NumberOfFrames \(0028,0008\): expected one slice in each file, got 60 frames in one file \(enhanced, multi-frame DICOM\)\. .*dcm2niix/,
    );
    let leftOut: readonly LeftOutFile[] = [];
    await readDicomSeries(writeSeries("enhanced beside", [...plain.files, enhanced]), {
      onLeftOut: (found) => (leftOut = found),
    });
    expect(leftOut.map(({ what }) => what)).toEqual([
      "multi-frame image of 60 frames (enhanced DICOM)",
    ]);
  });

  it("reads a file whose elements before the pixels are long", async () => {
    const files = plain.files.map((file) =>
      longComment(Buffer.from(file, "base64"), 70_000).toString("base64"),
    );
    const volume = await readDicomSeries(writeSeries("long", files));
    expect(Array.from(volume.data)).toEqual(plain.values);
  });

  it("reports a missing slice", async () => {
    // A missing inner slice leaves a gap; a missing outer one cannot be detected.
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

  it.each([
    ["a slice there twice", [...plain.files, plain.files[0]], /a copy of .*, and 1 copy in all/],
    [
      "a series there twice",
      [...plain.files, ...plain.files],
      /a copy of .*, and 4 copies in all\. Remove/,
    ],
    [
      "a 4D series",
      golden.refused["4D"],
      /got 3 at each of 4, which differ in EchoTime \(.*\): .*\(4D\)\. Put the files of each volume/,
    ],
    [
      "two measurements at some places",
      golden.refused["4D"].slice(0, 6),
      /got 2 at that of .*, which differ in EchoTime .*Remove all but one/,
    ],
    [
      "uneven distances",
      golden.refused.uneven,
      /got one after 3\.300 mm\. The distances are uneven/,
    ],
    ["slices out of line", golden.refused["beside the line"], /got one \d\.\d+ mm beside it/],
  ])("says so of %s", async (name, files, message) => {
    expect(await refusal(readDicomSeries(writeSeries(name, files)))).toMatch(message);
  });

  /** The plain series with another text for decimal elements of group 0028, padded to their length. */
  const withText = (elements: readonly number[], text: string): string[] =>
    plain.files.map((file) => {
      const bytes = Buffer.from(file, "base64");
      for (const element of elements) {
        const at = bytes.indexOf(Buffer.from([0x28, 0, element, 0x10, 0x44, 0x53]));
        expect(at).toBeGreaterThan(0);
        const length = bytes.readUInt16LE(at + 6);
        bytes.write(text.padEnd(length, " "), at + 8, length, "latin1");
      }
      return bytes.toString("base64");
    });

  it("does not assume Hounsfield units for a CT without rescale parameters", async () => {
    const [slope, intercept] = [0x53, 0x52];
    const noSlope = writeSeries("no slope", withText([slope], ""));
    expect((await readDicomSeries(noSlope)).unit).toBe("HU");
    const neither = writeSeries("neither slope nor intercept", withText([slope, intercept], ""));
    expect((await readDicomSeries(neither)).unit).toBe("arbitrary");
    expect((await readDicomSeries(neither, { unit: "HU" })).unit).toBe("HU");
    const zero = writeSeries("slope zero", withText([slope], "0"));
    expect(await refusal(readDicomSeries(zero))).toMatch(/RescaleSlope .*other than 0, got 0/);
  });

  it("lets the user set the unit", async () => {
    const path = writeSeries("named", seriesOf("MR").files);
    expect((await readDicomSeries(path, { unit: "grey8" })).unit).toBe("grey8");
    const { cases } = await readDataset(path);
    expect(() => prepareSamples({ cases }, { size: 8 })).toThrow(
      /MR or PET series, or a CT without rescale slope. Set the window/,
    );
  });

  it("rejects colours and other sizes inside compressed pixels before unpacking them", async () => {
    const [file] = seriesOf("JPEG 2000").files;
    const bytes = Buffer.from(file, "base64");
    const size = bytes.indexOf("ff4fff51", 0, "hex");
    bytes.writeUInt32BE(60_000, size + 8);
    const path = writeSeries("huge", [bytes.toString("base64")]);
    expect(await refusal(readDicomSeries(path))).toMatch(
      /PixelData \(7fe0,0010\): expected an intact JPEG 2000 picture of 36 x 32 grey pixels, got 60000 x 32/,
    );
  });

  it("names unsupported compressions", async () => {
    const [file] = seriesOf("JPEG 2000").files;
    const text = Buffer.from(file, "base64").toString("latin1");
    const video = text.replace("1.2.840.10008.1.2.4.90", "1.2.840.10008.1.2.4.99");
    const path = writeSeries("video", [Buffer.from(video, "latin1").toString("base64")]);
    expect(await refusal(readDicomSeries(path))).toMatch(
      /TransferSyntaxUID \(0002,0010\): expected plain.*got transfer syntax 1\.2.*gdcmconv --raw/,
    );
  });

  it("leaves out pictures beside a series, and rejects NIfTI files there", async () => {
    const path = writeSeries("mixed kinds", plain.files);
    writeFileSync(join(path, "preview.jpg"), "a picture");
    const warnings = jest.spyOn(console, "warn").mockImplementation(() => undefined);
    expect((await readDataset(path)).cases).toHaveLength(plain.files.length);
    expect(warnings.mock.calls.flat()).toEqual([
      expect.stringMatching(/left out 1 file: preview\.jpg \(picture\)/),
    ]);
    warnings.mockRestore();
    writeFileSync(join(path, "a.nii"), "a scan");
    expect(await refusal(readDataset(path))).toMatch(
      /expected scans of one kind, got DICOM files beside a\.nii\. Put the NIfTI files into/,
    );
  });

  it("rejects a slice across the others, and options for masks", async () => {
    const [first, ...others] = plain.files;
    const turned = Buffer.from(
      Buffer.from(first, "base64")
        .toString("latin1")
        .replace("1.0\\0.0\\0.0\\0.0\\1.0\\0.0", "0.0\\1.0\\0.0\\0.0\\0.0\\1.0"),
      "latin1",
    ).toString("base64");
    const path = writeSeries("scout among slices", [...others, turned]);
    expect(await refusal(readDicomSeries(path))).toMatch(/is it a scout view\?/);
    const sound = writeSeries("labels", plain.files);
    await expect(readDataset(sound, { labels: { 255: 1 } })).rejects.toThrow(
      /expected masks whose values stand for labels, got DICOM/,
    );
  });

  it("rejects a folder that is not a series", async () => {
    expect(await refusal(readDicomSeries(writeSeries("none", [])))).toMatch(/an empty folder/);
    const path = writeSeries("text", [Buffer.from("a note").toString("base64")]);
    expect(await refusal(readDicomSeries(path))).toMatch(/1 other files/);
    expect(await refusal(readDicomSeries(join(path, "IM0")))).toMatch(/byte 128.*"DICM"/);
  });

  it("rejects a file truncated anywhere, with the byte or field", async () => {
    const whole = Buffer.from(plain.files[0], "base64");
    for (let length = 0; length < whole.length; length += 13) {
      const path = writeSeries("cut", [whole.subarray(0, length).toString("base64")]);
      expect(await refusal(readDicomSeries(join(path, "IM0")))).toMatch(/byte \d+|\(\w{4},\w{4}\)/);
    }
  });

  it("limits the depth of sequences", () => {
    const item = Buffer.from("feff00e0ffffffff", "hex");
    const sequence = Buffer.from("0800510053510000ffffffff", "hex");
    const nested = Buffer.concat([sequence, item]);
    const head = Buffer.from(plain.files[0], "base64").subarray(0, 132);
    const bomb = Buffer.concat([head, ...Array.from({ length: 5000 }, () => nested)]);
    expect(() => parseDicom("bomb", bomb)).toThrow(/at most 16 nested sequences/);
  });
});

/** A file with a private element of a given size before its pixels. */
function longComment(file: Buffer, length: number): Buffer {
  const pixels = file.lastIndexOf(Buffer.from("e07f1000", "hex"));
  const head = Buffer.from("290010104f4200000000", "hex");
  const size = Buffer.alloc(4);
  size.writeUInt32LE(length);
  return Buffer.concat([
    file.subarray(0, pixels),
    head.subarray(0, 8),
    size,
    Buffer.alloc(length),
    file.subarray(pixels),
  ]);
}
