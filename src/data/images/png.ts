import { DataError } from "../../core/errors";
import { readWholeFile } from "../../files/readFiles";
import { writeWhole } from "../../files/writeWhole";
import { labelLookup } from "../labelMap";
import type { LabelMap } from "../labelMap";
import type { Plane } from "../types";
import { encodeMaskPng } from "./encodeMaskPng";
import { parseGreyPng, parsePng } from "./parsePng";

/**
 * Reads a mask: palette indices, or the values of an 8-bit grey PNG. Colours are never looked at.
 *
 * @param path a PNG
 * @param options.labels the label for each value: `{ 255: 1 }` for a black-and-white mask; by
 *   default each value is its own label
 * @param options.numClasses values at or above it are refused; default 256
 * @throws DataError for a mask in colour (an RGB picture of a mask does not identify its classes), 16 bits,
 *   or values out of range
 */
export async function readMaskPng(
  path: string,
  options: { readonly labels?: LabelMap; readonly numClasses?: number } = {},
): Promise<Plane<Uint8Array>> {
  const { width, height, depth, colour, data } = parsePng(path, await readWholeFile(path, "a PNG"));
  if (colour !== "palette" && colour !== "grey") {
    throw new DataError({
      where: path,
      expected: "a mask of palette indices or 8-bit grey",
      got: `${colour} colours, which do not identify classes`,
      remedy: "Save the mask as a palette PNG whose indices are the labels",
    });
  }
  if (depth === 16) {
    throw new DataError({
      where: path,
      expected: "a mask of at most 8 bits",
      got: "a 16-bit PNG",
      remedy: "Save the mask as a palette PNG whose indices are the labels",
    });
  }
  const labels = Uint8Array.from(data);
  const { numClasses = 256 } = options;
  if (options.labels !== undefined) mapLabels(path, labels, width, options.labels);
  checkLabelRange(path, { height, width, data: labels }, numClasses);
  return { height, width, data: labels };
}

/** Puts each value's label in its place. */
function mapLabels(path: string, values: Uint8Array, width: number, labels: LabelMap): void {
  const labelOf = labelLookup(labels);
  for (let i = 0; i < values.length; i++) {
    const label = labelOf(values[i]);
    if (Number.isNaN(label)) {
      throw new DataError({
        where: `${path}: row ${Math.floor(i / width)}, column ${i % width}`,
        expected: `one of the values ${Object.keys(labels).join(", ")}`,
        got: String(values[i]),
        remedy: "Name every value of the mask (labels, --labels)",
      });
    }
    values[i] = label;
  }
}

/** Throws for the first label that is no class. */
export function checkLabelRange(path: string, plane: Plane<Uint8Array>, numClasses: number): void {
  const wrong = plane.data.findIndex((label) => label >= numClasses);
  if (wrong < 0) return;
  throw new DataError({
    where: `${path}: row ${Math.floor(wrong / plane.width)}, column ${wrong % plane.width}`,
    expected: `a label from 0 to ${numClasses - 1}`,
    got: String(plane.data[wrong]),
    remedy: "Name the classes of this data set, or map its values to labels (labels, --labels)",
  });
}

/**
 * Reads a grey image; colours are taken where red, green and blue are equal.
 *
 * @returns values from 0 to 255
 * @throws DataError for 16 bits (its scale is not known), colour or a damaged file
 */
export async function readGreyPng(path: string): Promise<Plane<Float32Array>> {
  return parseGreyPng(path, await readWholeFile(path, "a PNG"));
}

/** Writes a mask as a palette PNG whose indices are the labels; whole or not at all. */
export async function writeMaskPng(path: string, labels: Plane<Uint8Array>): Promise<void> {
  await writeWhole(path, encodeMaskPng(labels));
}
