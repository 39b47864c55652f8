import { DataError } from "../../core/errors";
import type { DicomElements } from "./parseDicom";
import { parseDicom } from "./parseDicom";
import { decodeRunLengths } from "./runLengths";

/** One slice of a series: where it lies and what its pixels are stored as. */
export interface DicomSlice {
  readonly path: string;
  readonly series: string;
  readonly description: string;
  readonly rows: number;
  readonly columns: number;
  /** Of the first pixel, in mm, axes left, posterior, superior. */
  readonly position: readonly number[];
  /** Direction of growing column, then of growing row. */
  readonly orientation: readonly number[];
  /** Between rows, between columns. */
  readonly spacing: readonly number[];
  readonly thickness: number;
  /** Rescaled (Hounsfield units of a CT), row by row. */
  decode(): Float32Array;
}

const RUN_LENGTHS = "1.2.840.10008.1.2.5";
const NAMES: Readonly<Record<string, string>> = {
  "1.2.840.10008.1.2.4.50": "JPEG",
  "1.2.840.10008.1.2.4.51": "JPEG",
  "1.2.840.10008.1.2.4.57": "lossless JPEG",
  "1.2.840.10008.1.2.4.70": "lossless JPEG",
  "1.2.840.10008.1.2.4.80": "JPEG-LS",
  "1.2.840.10008.1.2.4.81": "JPEG-LS",
  "1.2.840.10008.1.2.4.90": "JPEG 2000",
  "1.2.840.10008.1.2.4.91": "JPEG 2000",
};
const FIELDS = {
  thickness: ["00180050", "SliceThickness"],
  position: ["00200032", "ImagePositionPatient"],
  orientation: ["00200037", "ImageOrientationPatient"],
  samples: ["00280002", "SamplesPerPixel"],
  frames: ["00280008", "NumberOfFrames"],
  rows: ["00280010", "Rows"],
  columns: ["00280011", "Columns"],
  spacing: ["00280030", "PixelSpacing"],
  allocated: ["00280100", "BitsAllocated"],
  stored: ["00280101", "BitsStored"],
  signed: ["00280103", "PixelRepresentation"],
  intercept: ["00281052", "RescaleIntercept"],
  slope: ["00281053", "RescaleSlope"],
} as const;
type Field = keyof typeof FIELDS;

function fieldError(path: string, field: Field, expected: string, got: string, remedy?: string) {
  const [tag, name] = FIELDS[field];
  return new DataError({
    where: `${path}: ${name} (${tag.slice(0, 4)},${tag.slice(4)})`,
    expected,
    got,
    remedy: remedy ?? "Export the series again, or take the file out of the folder",
  });
}

/** Reads fields of one file. */
class Fields {
  constructor(
    private readonly path: string,
    private readonly elements: DicomElements,
  ) {}

  text(tag: string): string {
    const bytes = this.elements.values.get(tag);
    return bytes?.toString("latin1").replace(/[\0 ]+$/, "") ?? "";
  }

  /** A binary 16-bit number. */
  word(field: Field, fallback?: number): number {
    const bytes = this.elements.values.get(FIELDS[field][0]);
    if (bytes === undefined || bytes.length < 2) {
      if (fallback !== undefined) return fallback;
      throw fieldError(this.path, field, "a number", "nothing");
    }
    return this.elements.isLittleEndian ? bytes.readUInt16LE(0) : bytes.readUInt16BE(0);
  }

  /** Decimal numbers as text. */
  numbers(field: Field, count: number, fallback?: readonly number[]): number[] {
    const text = this.text(FIELDS[field][0]);
    if (text === "" && fallback !== undefined) return [...fallback];
    const numbers = text.split("\\").map((part) => (part.trim() === "" ? NaN : Number(part)));
    if (numbers.length !== count || !numbers.every(Number.isFinite)) {
      throw fieldError(this.path, field, `${count} numbers`, text === "" ? "nothing" : text);
    }
    return numbers;
  }
}

/** Pixels as stored, as unsigned words of the machine. */
function storedPixels(path: string, elements: DicomElements, count: number, bytes: 1 | 2) {
  if (elements.transferSyntax === RUN_LENGTHS && elements.fragments !== null) {
    return decodeRunLengths(path, Buffer.concat(elements.fragments), count, bytes);
  }
  if (elements.fragments !== null) {
    const name = NAMES[elements.transferSyntax] ?? `transfer syntax ${elements.transferSyntax}`;
    throw new DataError({
      where: `${path}: TransferSyntaxUID (0002,0010)`,
      expected: "plain, deflated or run-length encoded pixels",
      got: name,
      remedy: "Unpack the series first, for example with gdcmconv --raw or dcmdjpeg",
    });
  }
  const plain = elements.values.get("7fe00010");
  if (plain === undefined || plain.length < count * bytes) {
    throw new DataError({
      where: `${path}: PixelData (7fe0,0010)`,
      expected: `${count * bytes} bytes`,
      got: plain === undefined ? "none" : String(plain.length),
      remedy: "The file is no image or is cut short: take it out of the folder or export it again",
    });
  }
  const words = new Uint16Array(count);
  for (let i = 0; i < count; i++) {
    if (bytes === 1) words[i] = plain[i];
    else words[i] = elements.isLittleEndian ? plain.readUInt16LE(2 * i) : plain.readUInt16BE(2 * i);
  }
  return words;
}

/**
 * Reads one file's slice; its pixels are decoded when they are asked for.
 *
 * @throws DataError for a file that is no grey image of one frame with a place in the patient
 */
export function readDicomSlice(path: string, bytes: Buffer): DicomSlice {
  const elements = parseDicom(path, bytes);
  const fields = new Fields(path, elements);
  const [rows, columns] = [fields.word("rows"), fields.word("columns")];
  if (rows < 1 || columns < 1) throw fieldError(path, "rows", "an image", `${rows} x ${columns}`);
  const samples = fields.word("samples", 1);
  if (samples !== 1) throw fieldError(path, "samples", "1 (grey)", String(samples));
  const [frames] = fields.numbers("frames", 1, [1]);
  if (frames !== 1) {
    throw fieldError(path, "frames", "one frame a file", String(frames), "Split it into slices");
  }
  const allocated = fields.word("allocated");
  if (allocated !== 8 && allocated !== 16) {
    throw fieldError(path, "allocated", "8 or 16 bits", String(allocated));
  }
  const stored = fields.word("stored", allocated);
  if (stored < 1 || stored > allocated) {
    throw fieldError(path, "stored", `1 to ${allocated} bits`, String(stored));
  }
  const isSigned = fields.word("signed", 0) === 1;
  const [slope] = fields.numbers("slope", 1, [1]);
  const [intercept] = fields.numbers("intercept", 1, [0]);
  const spacing = fields.numbers("spacing", 2);
  if (!spacing.every((mm) => mm > 0)) {
    throw fieldError(path, "spacing", "distances above 0 mm", spacing.join(", "));
  }
  const orientation = fields.numbers("orientation", 6);
  const length = (from: number) => Math.hypot(...orientation.slice(from, from + 3));
  const dot = [0, 1, 2].reduce((sum, i) => sum + orientation[i] * orientation[3 + i], 0);
  if (Math.abs(length(0) - 1) > 1e-2 || Math.abs(length(3) - 1) > 1e-2 || Math.abs(dot) > 1e-2) {
    throw fieldError(
      path,
      "orientation",
      "two unit directions at right angles",
      orientation.join(", "),
    );
  }
  return {
    path,
    series: fields.text("0020000e"),
    description: fields.text("0008103e"),
    rows,
    columns,
    position: fields.numbers("position", 3),
    orientation,
    spacing,
    thickness: fields.numbers("thickness", 1, [1])[0],
    decode() {
      const words = storedPixels(path, elements, rows * columns, allocated === 8 ? 1 : 2);
      const shift = 32 - stored;
      return Float32Array.from(words, (word) => {
        const value = isSigned ? (word << shift) >> shift : (word << shift) >>> shift;
        return value * slope + intercept;
      });
    },
  };
}
