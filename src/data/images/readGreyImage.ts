import type * as Sharp from "sharp";
import { extname } from "node:path";
import { importPackage } from "../../files/packages";
import { DataError } from "../../core/errors";
import { readWholeFile } from "../../files/readFiles";
import type { Plane } from "../types";
import { readGreyPng } from "./png";

/** Image files that {@link readGreyImage} takes, by ending. */
export const IMAGE_ENDINGS: readonly string[] = [".jpg", ".jpeg", ".png"];

/** Pillow's grey of a colour: ITU-R 601 in 16-bit fixed point. */
function luma(red: number, green: number, blue: number): number {
  return (red * 19595 + green * 38470 + blue * 7471 + 0x8000) >> 16;
}

/** Ink has no grey of its own: it depends on the press. */
function cmykError(path: string): DataError {
  return new DataError({
    where: path,
    expected: "a JPEG in grey or RGB",
    got: "a CMYK JPEG",
    remedy: "Save it in grey",
  });
}

async function readJpeg(path: string): Promise<Plane<Float32Array>> {
  const bytes = await readWholeFile(path, "a JPEG");
  if (bytes[0] !== 0xff || bytes[1] !== 0xd8) {
    throw new DataError({
      where: `${path}: byte 0`,
      expected: "a JPEG",
      got: bytes.length === 0 ? "an empty file" : "another kind of file",
      remedy: "Fetch the file again, or give it the right extension",
    });
  }
  // Here, since its library takes long to load and few need it.
  const { default: sharp } = (await importPackage("sharp")) as typeof Sharp;
  try {
    const image = sharp(bytes, { limitInputPixels: 2 ** 27, failOn: "warning" }).autoOrient();
    const { space = "" } = await image.metadata();
    if (space === "cmyk") throw cmykError(path);
    const { data, info } = await image.raw().toBuffer({ resolveWithObject: true });
    const { width, height, channels } = info;
    const grey = new Float32Array(width * height);
    for (let i = 0; i < grey.length; i++) {
      const at = i * channels;
      grey[i] = channels < 3 ? data[at] : luma(data[at], data[at + 1], data[at + 2]);
    }
    return { height, width, data: grey };
  } catch (cause) {
    if (cause instanceof DataError) throw cause;
    throw new DataError({
      where: path,
      expected: "an intact JPEG",
      got: cause instanceof Error ? cause.message.split("\n")[0] : String(cause),
      remedy: "The file is damaged or cut short: fetch it again",
      cause,
    });
  }
}

/**
 * Reads a JPEG or PNG as grey from 0 to 255. A JPEG is rotated according to its EXIF orientation; it equals
 * Pillow's `ImageOps.exif_transpose(image).convert("L")` to the bit.
 *
 * @throws DataError for a damaged file, another kind, 16 bits, CMYK or a palette
 */
export async function readGreyImage(path: string): Promise<Plane<Float32Array>> {
  const ending = extname(path).toLowerCase();
  if (ending === ".png") return readGreyPng(path);
  if (ending === ".jpg" || ending === ".jpeg") return readJpeg(path);
  throw new DataError({
    where: path,
    expected: `an image (${IMAGE_ENDINGS.join(", ")})`,
    got: ending === "" ? "a file without extension" : `a ${ending} file`,
    remedy: "Convert it",
  });
}
