import { ConfigError } from "../core/errors";
import type { IntensityUnit, Plane } from "./types";

/** The range of values shown from black to white. */
export interface IntensityWindow {
  readonly low: number;
  readonly high: number;
}

/** A radiologist's lung window: level -500, width 1500. */
export const LUNG_WINDOW: IntensityWindow = { low: -1250, high: 250 };

/**
 * The window that suits a unit.
 *
 * @throws ConfigError for arbitrary units, which have no window of their own
 */
export function defaultWindow(unit: IntensityUnit): IntensityWindow {
  switch (unit) {
    case "HU":
    case "pseudo-HU":
      return LUNG_WINDOW;
    case "grey8":
      return { low: 0, high: 255 };
    case "normalised":
      return { low: 0, high: 1 };
    case "arbitrary":
      throw new ConfigError({
        where: "defaultWindow",
        expected: "an image in Hounsfield units, grey values or values from 0 to 1",
        got: "one in arbitrary units, such as an MR or PET series, or a CT without rescale slope",
        remedy: "Set the window, or the unit of the values (unit)",
      });
  }
}

function checkWindow(where: string, { low, high }: IntensityWindow): void {
  if (!(Number.isFinite(low) && Number.isFinite(high) && low < high)) {
    throw new ConfigError({ where, expected: "low < high", got: `${low}, ${high}` });
  }
}

/**
 * Maps values to grey in [0, 1]: `low` and below is 0, `high` and above is 1, NaN is 0.
 *
 * @example
 * const plane = { height: 1, width: 3, data: Float32Array.of(-2000, -500, 300) };
 * Array.from(applyWindow(plane, LUNG_WINDOW).data); // [0, 0.5, 1]
 */
export function applyWindow(
  image: Plane<Float32Array>,
  window: IntensityWindow,
): Plane<Float32Array> {
  checkWindow("applyWindow.window", window);
  const { low, high } = window;
  const scale = 1 / (high - low);
  const data = new Float32Array(image.data.length);
  for (let i = 0; i < data.length; i++) {
    const grey = (image.data[i] - low) * scale;
    data[i] = grey > 0 ? (grey < 1 ? grey : 1) : 0;
  }
  return { height: image.height, width: image.width, data };
}

/** Maps grey back to the window's unit; exact for values that the window did not clip. */
export function undoWindow(
  grey: Plane<Float32Array>,
  window: IntensityWindow,
): Plane<Float32Array> {
  checkWindow("undoWindow.window", window);
  const { low, high } = window;
  const data = grey.data.map((value) => low + value * (high - low));
  return { height: grey.height, width: grey.width, data };
}

/** A linear map from grey values to Hounsfield units. */
export interface HounsfieldLine {
  readonly slope: number;
  readonly intercept: number;
}

/** Hounsfield units of the two reference regions. */
const AIR_HU = -1000;
const FAT_HU = -100;

/**
 * The paper's normalisation: two reference regions of known density, air at -1000 and fat at -100,
 * fix the linear map from a picture's grey values to Hounsfield units.
 *
 * @param airGrey mean grey value of a region of air (the trachea)
 * @param fatGrey mean grey value of a region of fat
 * @throws ConfigError if the two are equal or not numbers
 * @example
 * const line = hounsfieldLine(10, 190);
 * toHounsfield(100, line); // -550
 * @see Chen 2020, arXiv:2004.05645, section on data
 */
export function hounsfieldLine(airGrey: number, fatGrey: number): HounsfieldLine {
  const slope = (FAT_HU - AIR_HU) / (fatGrey - airGrey);
  if (!Number.isFinite(slope)) {
    throw new ConfigError({
      where: "hounsfieldLine",
      expected: "two different means",
      got: `air ${airGrey}, fat ${fatGrey}`,
      remedy: "Choose a region of air and one of fat",
    });
  }
  return { slope, intercept: AIR_HU - slope * airGrey };
}

/** Hounsfield units of a grey value. */
export function toHounsfield(grey: number, line: HounsfieldLine): number {
  return line.slope * grey + line.intercept;
}

/** Grey value of Hounsfield units; the inverse of {@link toHounsfield}. */
export function fromHounsfield(hounsfield: number, line: HounsfieldLine): number {
  return (hounsfield - line.intercept) / line.slope;
}
