import type { IntensityUnit } from "../types";
import type { DicomElements } from "./parseDicom";
import { readItems } from "./parseDicom";
import type { Fields } from "./fields";
import { Fields as FieldReader, fieldError, tagOf } from "./fields";
import type { PixelFormat } from "./pixelData";

/** How stored words are converted to values. */
export interface ValueRule extends PixelFormat {
  readonly isSigned: boolean;
  readonly highBit: number;
  /** Whether larger words are darker, as in many X-rays. */
  readonly isInverted: boolean;
  readonly slope: number;
  readonly intercept: number;
  /** A lookup table in place of slope and intercept. */
  readonly lut: ModalityLut | null;
  readonly unit: IntensityUnit;
}

/** A table from stored words to values; words outside it get its first or last value. */
interface ModalityLut {
  readonly first: number;
  readonly values: Uint16Array;
}

/** The grey formats; colours and palettes do not represent density. */
const GREY = ["MONOCHROME1", "MONOCHROME2"];

function readFormat(path: string, fields: Fields): PixelFormat & { readonly highBit: number } {
  const [rows, columns] = [fields.word("rows"), fields.word("columns")];
  if (rows < 1 || columns < 1) throw fieldError(path, "rows", "an image", `${rows} x ${columns}`);
  const bitsAllocated = fields.word("allocated");
  if (bitsAllocated !== 8 && bitsAllocated !== 16) {
    throw fieldError(path, "allocated", "8 or 16 bits", String(bitsAllocated));
  }
  const bitsStored = fields.word("stored", bitsAllocated);
  if (bitsStored < 1 || bitsStored > bitsAllocated) {
    throw fieldError(path, "stored", `1 to ${bitsAllocated} bits`, String(bitsStored));
  }
  const highBit = fields.word("highBit", bitsStored - 1);
  if (highBit < bitsStored - 1 || highBit >= bitsAllocated) {
    throw fieldError(path, "highBit", `${bitsStored - 1} to ${bitsAllocated - 1}`, String(highBit));
  }
  return { rows, columns, bitsAllocated, bitsStored, highBit };
}

function readModalityLut(
  elements: DicomElements,
): (ModalityLut & { readonly type: string }) | null {
  const [item] = readItems(elements, tagOf("modalityLut"));
  if (item === undefined) return null;
  const { path } = elements;
  const fields = new FieldReader(item);
  const [count, first, bits] = fields.words("lutDescriptor", 3);
  if (bits !== 8 && bits !== 16) {
    throw fieldError(path, "lutDescriptor", "8 or 16 bits for each entry", String(bits));
  }
  // A count of 0 means 65,536, which does not fit into 16 bits.
  const entries = count === 0 ? 65536 : count;
  const held = item.values.get(tagOf("lutData"))?.length ?? 0;
  // 8-bit entries may be stored two per word or one per word.
  const isPacked = bits === 8 && held < 2 * entries;
  const values = isPacked
    ? Uint16Array.from(
        fields
          .words("lutData", Math.ceil(entries / 2))
          .flatMap((word) => [word & 0xff, word >> 8])
          .slice(0, entries),
      )
    : Uint16Array.from(fields.words("lutData", entries));
  const isSigned = new FieldReader(elements).word("signed", 0) === 1;
  return { first: isSigned ? (first << 16) >> 16 : first, values, type: fields.text("lutType") };
}

/**
 * Hounsfield units for a CT that states how words are converted and no other unit. Words of a CT that
 * does not are on the scanner's own scale, often 1024 above Hounsfield's; other modalities have no scale.
 */
function unitOf(fields: Fields, lut: { readonly type: string } | null): IntensityUnit {
  const isRescaled = lut !== null || fields.text("slope") !== "" || fields.text("intercept") !== "";
  const type = lut === null ? fields.text("rescaleType") : lut.type;
  const isHounsfield = fields.text("modality") === "CT" && isRescaled && ["", "HU"].includes(type);
  return isHounsfield ? "HU" : "arbitrary";
}

/**
 * Reads how a picture's stored words are converted to values.
 *
 * @throws DataError for colours, palettes, and numbers out of range
 */
export function readValueRule(elements: DicomElements): ValueRule {
  const { path } = elements;
  const fields = new FieldReader(elements);
  const format = readFormat(path, fields);
  const photometric = fields.text("photometric") || "MONOCHROME2";
  if (!GREY.includes(photometric)) {
    const remedy = "Remove it from the folder: colours are not densities";
    throw fieldError(path, "photometric", GREY.join(" or "), photometric, remedy);
  }
  const samples = fields.word("samples", 1);
  if (samples !== 1) throw fieldError(path, "samples", "1 (grey)", String(samples));
  const lut = readModalityLut(elements);
  const unit = unitOf(fields, lut);
  const [slope] = fields.numbers("slope", 1, [1]);
  if (slope === 0) throw fieldError(path, "slope", "a number other than 0", "0");
  return {
    ...format,
    isSigned: fields.word("signed", 0) === 1,
    // Hounsfield units are fixed by slope and intercept; inverting them would turn air into bone.
    isInverted: photometric === "MONOCHROME1" && unit !== "HU",
    slope,
    intercept: fields.numbers("intercept", 1, [0])[0],
    lut,
    unit,
  };
}

/**
 * Values of stored words: sign, then MONOCHROME1, then the modality LUT or slope and intercept.
 *
 * @param words as stored; not modified
 */
export function applyValueRule(words: Uint16Array, rule: ValueRule): Float32Array {
  const { bitsStored, highBit, isSigned, isInverted, slope, intercept, lut } = rule;
  const shift = 31 - highBit;
  const down = 32 - bitsStored;
  const values = new Float32Array(words.length);
  // Swaps the largest and the smallest word.
  const mirror = isSigned ? -1 : 2 ** bitsStored - 1;
  for (let i = 0; i < words.length; i++) {
    let stored = isSigned ? (words[i] << shift) >> down : (words[i] << shift) >>> down;
    if (isInverted) stored = mirror - stored;
    if (lut === null) values[i] = stored * slope + intercept;
    else values[i] = lut.values[Math.min(Math.max(stored - lut.first, 0), lut.values.length - 1)];
  }
  return values;
}
