import { decode } from "fast-png";
import { DataError } from "../../core/errors";
import { inflateAtMost } from "../inflate";
import type { Plane } from "../types";

/** The checked header of a PNG. */
interface PngHeader {
  readonly width: number;
  readonly height: number;
  readonly depth: number;
  readonly colour: "grey" | "rgb" | "palette" | "grey-alpha" | "rgba";
}

const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
const COLOURS = new Map([
  [0, { colour: "grey", channels: 1 }],
  [2, { colour: "rgb", channels: 3 }],
  [3, { colour: "palette", channels: 1 }],
  [4, { colour: "grey-alpha", channels: 2 }],
  [6, { colour: "rgba", channels: 4 }],
] as const);
/** The largest image side taken; a slice has at most a few thousand. */
const MAX_SIDE = 16384;

function pngError(path: string, byte: number, expected: string, got: string, remedy?: string) {
  return new DataError({
    where: `${path}: byte ${byte}`,
    expected,
    got,
    remedy: remedy ?? "The file is damaged: fetch it again",
  });
}

/** Reads the header and checks that the packed pixels unpack to what it claims, and no more. */
function checkPng(path: string, bytes: Buffer): PngHeader {
  if (bytes.length < 33 || SIGNATURE.some((byte, i) => bytes[i] !== byte)) {
    throw pngError(path, 0, "a PNG", "another kind of file", "Save it as PNG");
  }
  const width = bytes.readUInt32BE(16);
  const height = bytes.readUInt32BE(20);
  const depth = bytes[24];
  const kind = COLOURS.get(bytes[25] as 0);
  if (bytes.toString("latin1", 12, 16) !== "IHDR" || kind === undefined) {
    throw pngError(path, 12, "an image header (IHDR)", "none");
  }
  if (width < 1 || height < 1 || width > MAX_SIDE || height > MAX_SIDE) {
    throw pngError(path, 16, `sides from 1 to ${MAX_SIDE} pixels`, `${width} x ${height}`);
  }
  if (![1, 2, 4, 8, 16].includes(depth)) throw pngError(path, 24, "a bit depth", String(depth));
  const packed: Buffer[] = [];
  let animation = -1;
  for (let at = 8; at + 12 <= bytes.length;) {
    const length = bytes.readUInt32BE(at);
    const name = bytes.toString("latin1", at + 4, at + 8);
    if (at + 12 + length > bytes.length) {
      throw pngError(path, at, `${length} bytes of ${name}`, `${bytes.length - at - 12}`);
    }
    if (name === "IDAT") packed.push(bytes.subarray(at + 8, at + 8 + length));
    if (name === "acTL") animation = at;
    at += 12 + length;
  }
  if (animation >= 0) throw pngError(path, animation, "a still image", "an animation (acTL)");
  const rowBytes = Math.ceil((width * depth * kind.channels) / 8) + 1;
  // Adam7 interlacing adds filter bytes and part-filled bytes: seven passes of at most one per row.
  const mostBytes = rowBytes * height + 16 * (height + 8);
  const unpacked = inflateAtMost("zlib", Buffer.concat(packed), mostBytes);
  if (!(unpacked instanceof Uint8Array)) {
    throw pngError(
      path,
      37,
      `pixels for ${width} x ${height}`,
      unpacked.isTooLarge ? "more (a decompression bomb)" : "a damaged stream",
    );
  }
  return { width, height, depth, colour: kind.colour };
}

/** Spreads samples of 1, 2 or 4 bits, packed row by row, to one byte each. */
function unpackBits(packed: ArrayLike<number>, width: number, height: number, depth: number) {
  const values = new Uint8Array(width * height);
  const rowBytes = Math.ceil((width * depth) / 8);
  const mask = (1 << depth) - 1;
  for (let row = 0; row < height; row++) {
    for (let col = 0; col < width; col++) {
      const bit = col * depth;
      const byte = packed[row * rowBytes + (bit >> 3)];
      values[row * width + col] = (byte >> (8 - depth - (bit & 7))) & mask;
    }
  }
  return values;
}

/** Pixels of a PNG as stored: palette indices or channels, one number each. */
interface PngPixels extends PngHeader {
  readonly data: Uint8Array | Uint16Array;
}

/**
 * Reads a PNG that is in memory.
 *
 * @param path for the messages
 * @throws DataError for another kind of file, an animation, damage or a decompression bomb
 */
export function parsePng(path: string, bytes: Buffer): PngPixels {
  const header = checkPng(path, bytes);
  try {
    const png = decode(bytes, { checkCrc: true });
    const { width, height, depth } = header;
    const data =
      depth < 8
        ? unpackBits(png.data, width, height, depth)
        : png.data instanceof Uint16Array
          ? png.data
          : Uint8Array.from(png.data);
    return { ...header, data };
  } catch (cause) {
    const got = cause instanceof Error ? cause.message : String(cause);
    throw new DataError({
      where: path,
      expected: "an intact PNG",
      got,
      remedy: "The file is damaged: fetch it again",
      cause,
    });
  }
}

/**
 * `readGreyPng` of bytes that are in memory already; colours are taken where red, green and blue are equal.
 *
 * @returns values from 0 to 255
 * @throws DataError for 16 bits (its scale is not known), colour or a damaged file
 */
export function parseGreyPng(path: string, bytes: Uint8Array): Plane<Float32Array> {
  const { buffer, byteOffset, byteLength } = bytes;
  const file = Buffer.from(buffer, byteOffset, byteLength);
  const { width, height, depth, colour, data } = parsePng(path, file);
  if (depth === 16) {
    throw new DataError({
      where: path,
      expected: "an 8-bit grey image",
      got: "a 16-bit PNG, whose scale is unknown",
      remedy: "Save it with 8 bits, or as NIfTI with its Hounsfield units",
    });
  }
  if (colour === "palette") {
    throw new DataError({
      where: path,
      expected: "an 8-bit grey image",
      got: "a palette PNG, which looks like a mask",
      remedy: "Are images and masks swapped?",
    });
  }
  const channels = data.length / (width * height);
  const isColoured = channels >= 3;
  const scale = 255 / (2 ** depth - 1);
  const grey = new Float32Array(width * height);
  for (let i = 0; i < grey.length; i++) {
    const first = i * channels;
    grey[i] = data[first] * scale;
    if (isColoured && (data[first] !== data[first + 1] || data[first] !== data[first + 2])) {
      throw new DataError({
        where: `${path}: row ${Math.floor(i / width)}, column ${i % width}`,
        expected: "a grey image",
        got: `the colour ${data[first]}, ${data[first + 1]}, ${data[first + 2]}`,
        remedy: "Convert it to grey",
      });
    }
  }
  return { height, width, data: grey };
}
