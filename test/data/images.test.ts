import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { deflateSync, crc32 } from "node:zlib";
import { decode } from "fast-png";
import { classColour } from "../../src/core/classColours";
import { encodeMaskPng } from "../../src/data/images/encodeMaskPng";
import { readGreyPng, readMaskPng, writeMaskPng } from "../../src/data/images/png";
import { readGreyImage } from "../../src/data/images/readGreyImage";
import golden from "../golden/images.json";
import { refusal } from "../support/refusal";
import { tempFolder } from "../support/tempFolder";

const folder = tempFolder();

function temp(name: string, bytes: Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}

function goldenFile(name: string): Buffer {
  return Buffer.from(golden.cases.find((one) => one.name === name)?.file ?? "", "base64");
}

describe("images", () => {
  it.each(golden.cases.filter(({ kind }) => kind !== "neither"))(
    "equal Pillow to the bit: $name",
    async ({ file, kind, format, height, width, pixels }) => {
      const path = temp(`golden.${format}`, Buffer.from(file, "base64"));
      const plane = kind === "mask" ? await readMaskPng(path) : await readGreyImage(path);
      expect([plane.height, plane.width]).toEqual([height, width]);
      expect(Array.from(plane.data)).toEqual(pixels);
    },
  );

  it("maps values to labels", async () => {
    const path = temp("binary.png", goldenFile("1-bit mask"));
    const asIs = await readMaskPng(path);
    const turned = await readMaskPng(path, { labels: { 0: 1, 1: 0 } });
    expect(Array.from(turned.data)).toEqual(Array.from(asIs.data, (v) => 1 - v));
    expect(await refusal(readMaskPng(path, { labels: { 0: 0, 255: 1 } }))).toMatch(
      /expected one of the values 0, 255, got 1/,
    );
  });
});

describe("writeMaskPng", () => {
  it("writes indices that are read back exactly", async () => {
    const labels = { height: 3, width: 5, data: Uint8Array.from({ length: 15 }, (_, i) => i % 7) };
    const path = join(folder, "deep", "mask.png");
    await writeMaskPng(path, labels);
    expect(await readMaskPng(path)).toEqual(labels);
    expect(readdirSync(join(folder, "deep"))).toEqual(["mask.png"]);
  });

  it("writes a palette, never grey or RGB", () => {
    const png = decode(encodeMaskPng({ height: 1, width: 2, data: Uint8Array.of(0, 3) }));
    expect(png.palette).toHaveLength(4);
    expect(Array.from(png.data)).toEqual([0, 3]);
  });

  it("uses the colours of the figures", () => {
    const data = Uint8Array.from({ length: 10 }, (_, label) => label);
    const { palette = [] } = decode(encodeMaskPng({ height: 1, width: 10, data }));
    const hex = palette.map((rgb) => `#${Buffer.from(rgb).toString("hex").toUpperCase()}`);
    expect(hex).toEqual(Array.from(data, (label) => classColour(label) ?? "#000000"));
    expect(hex[3]).toBe("#F0E442"); // pleural effusion
  });
});

/** A PNG from a header and compressed pixels, with correct checksums. */
function makePng(header: number[], pixels: Uint8Array): Buffer {
  const chunk = (name: string, data: Uint8Array) => {
    const body = Buffer.concat([Buffer.from(name, "latin1"), data]);
    const frame = Buffer.alloc(8);
    frame.writeUInt32BE(data.length, 0);
    frame.writeUInt32BE(crc32(body), 4);
    return Buffer.concat([frame.subarray(0, 4), body, frame.subarray(4)]);
  };
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk("IHDR", Buffer.from(header)),
    chunk("IDAT", pixels),
    chunk("IEND", new Uint8Array(0)),
  ]);
}

describe("bad images", () => {
  it("rejects masks in colour and of 16 bits, and images of 16 bits", async () => {
    const rgb = temp("rgb.png", goldenFile("RGB mask"));
    expect(await refusal(readMaskPng(rgb))).toMatch(/rgb colours, which do not identify classes/);
    expect(await refusal(readGreyPng(rgb))).toMatch(/row 0, column 0: expected a grey image/);
    const deep = temp("deep.png", goldenFile("16 bits"));
    expect(await refusal(readMaskPng(deep))).toMatch(/a mask of at most 8 bits, got a 16-bit PNG/);
    expect(await refusal(readGreyPng(deep))).toMatch(/an 8-bit grey image, got a 16-bit PNG/);
  });

  it("rejects a CMYK JPEG", async () => {
    const path = temp("ink.jpg", goldenFile("JPEG in CMYK"));
    expect(await refusal(readGreyImage(path))).toMatch(/in grey or RGB, got a CMYK JPEG.*in grey$/);
  });

  it("rejects a mask where an image should be", async () => {
    const mask = temp("mask.png", goldenFile("palette of 8 bits"));
    expect(await refusal(readGreyPng(mask))).toMatch(/swapped/);
  });

  it("rejects labels that are not a class", async () => {
    const mask = temp("mask.png", goldenFile("palette of 4 bits"));
    expect(await refusal(readMaskPng(mask, { numClasses: 4 }))).toMatch(
      /row \d+, column \d+: expected a label from 0 to 3, got \d+/,
    );
  });

  it("rejects truncated and damaged files", async () => {
    const png = goldenFile("palette of 8 bits");
    const jpeg = goldenFile("JPEG quality 90");
    expect(await refusal(readMaskPng(temp("cut.png", png.subarray(0, -30))))).toMatch(/cut.png/);
    expect(await refusal(readMaskPng(temp("text.png", Buffer.from("a note"))))).toMatch(/a PNG/);
    expect(await refusal(readGreyImage(temp("cut.jpg", jpeg.subarray(0, 300))))).toMatch(/JPEG/);
    expect(await refusal(readGreyImage(temp("text.jpg", Buffer.from("a note"))))).toMatch(/JPEG/);
    expect(await refusal(readGreyImage(temp("empty.jpg", Buffer.alloc(0))))).toMatch(/empty file/);
    expect(await refusal(readGreyImage(temp("notes.txt", Buffer.from("a"))))).toMatch(/\.txt/);
    expect(await refusal(readGreyImage(join(folder, "no.jpg")))).toMatch(/nothing at that path/);
  });

  it("rejects huge sizes and decompression bombs before allocating", async () => {
    const huge = makePng(
      [0x7f, 0xff, 0xff, 0xff, 0x7f, 0xff, 0xff, 0xff, 8, 0, 0, 0, 0],
      deflateSync(Buffer.alloc(9)),
    );
    expect(await refusal(readMaskPng(temp("huge.png", huge)))).toMatch(/sides from 1 to 16384/);
    const bomb = makePng([0, 0, 0, 2, 0, 0, 0, 2, 8, 0, 0, 0, 0], deflateSync(Buffer.alloc(1e8)));
    const before = process.memoryUsage().rss;
    expect(await refusal(readMaskPng(temp("bomb.png", bomb)))).toMatch(/decompression bomb/);
    expect(process.memoryUsage().rss - before).toBeLessThan(50 * 2 ** 20);
  });
});
