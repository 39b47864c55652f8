import { DataError } from "../core/errors";
import type { IntensityWindow } from "../data/intensity";
import { DECODINGS } from "../data/rankDice";
import type { Decoding } from "../data/rankDice";
import type { IntensityUnit } from "../data/types";
import { FLIPPED_AXES } from "./meanProbabilities";
import type { TestTimeFlips } from "./meanProbabilities";

/** The file beside `model.json` that says how slices are prepared for the model. */
export const PREPROCESSING_FILE = "preprocessing.json";

/** Units with a separate window. */
export const WINDOWED_UNITS = ["HU", "pseudo-HU", "grey8", "normalised"] as const;

/** How an exported model's inputs are made and its outputs read; `preprocessing.json`. */
export interface WebPreprocessing {
  readonly format: "layerbook-web-1";
  /** The architecture, such as `residualAttentionUnet`. */
  readonly model: string;
  /** By label value; index 0 is the background. */
  readonly classNames: readonly string[];
  /** Height and width of the square grey images that the model takes. */
  readonly size: number;
  /** The values that become 0 and 1, by the unit of the scan. */
  readonly windows: Readonly<Record<Exclude<IntensityUnit, "arbitrary">, IntensityWindow>>;
  readonly interpolation: "area";
  /** Mirrored copies whose class probabilities are averaged with the slice's own. */
  readonly flips: TestTimeFlips;
  /** How probabilities become labels; if absent (older files), the most likely class. */
  readonly decoding?: Decoding;
  readonly weights: {
    readonly dtype: "float32" | "float16";
    readonly bytes: number;
    /** The largest change of a weight by rounding; 0 for float32. */
    readonly largestRounding: number;
  };
  readonly versions: { readonly layerbook: string; readonly tfjs: string };
}

/**
 * Checks what a page fetched as `preprocessing.json`.
 *
 * @param where the file's address, for the message
 * @throws DataError that names the first field that does not fit
 */
export function parsePreprocessing(where: string, value: unknown): WebPreprocessing {
  const fail = (field: string, expected: string, got: unknown): DataError =>
    new DataError({
      where: `${where}: ${field}`,
      expected,
      got: got === undefined ? "nothing" : JSON.stringify(got),
      remedy: "Export the model again: layerbook export RUN --to web",
    });
  if (typeof value !== "object" || value === null) throw fail("the file", "an object", value);
  const given = value as Partial<Record<keyof WebPreprocessing, unknown>>;
  if (given.format !== "layerbook-web-1") throw fail("format", '"layerbook-web-1"', given.format);
  if (typeof given.model !== "string") throw fail("model", "a name", given.model);
  const names = given.classNames;
  if (!Array.isArray(names) || names.length < 2 || names.some((name) => typeof name !== "string")) {
    throw fail("classNames", "two names or more", names);
  }
  const { size } = given;
  if (typeof size !== "number" || !Number.isInteger(size) || size < 1) {
    throw fail("size", "a whole number of pixels", size);
  }
  const windows = (given.windows ?? {}) as Record<string, Partial<IntensityWindow> | undefined>;
  for (const unit of WINDOWED_UNITS) {
    const { low, high } = windows[unit] ?? {};
    if (typeof low !== "number" || typeof high !== "number" || !(low < high)) {
      throw fail(`windows.${unit}`, "low below high", windows[unit]);
    }
  }
  if (given.interpolation !== "area") throw fail("interpolation", '"area"', given.interpolation);
  if (!Object.hasOwn(FLIPPED_AXES, String(given.flips))) {
    throw fail("flips", Object.keys(FLIPPED_AXES).join(" or "), given.flips);
  }
  if (given.decoding !== undefined && !(DECODINGS as readonly unknown[]).includes(given.decoding)) {
    throw fail("decoding", DECODINGS.join(" or "), given.decoding);
  }
  return value as WebPreprocessing;
}
