import { DataError, LayerbookError } from "../../core/errors";
import { COMPRESSIONS, dicomDecoder } from "./decoders";
import { readCodestream } from "./codestream";
import { fieldError } from "./fields";
import type { DicomElements } from "./parseDicom";
import { decodeRunLengths } from "./runLengths";

// In a browser, `setDicomDecoder` adds others.
const EXPECTED = "plain, deflated, run-length, JPEG, JPEG-LS or JPEG 2000 pixels";
const RUN_LENGTHS = "1.2.840.10008.1.2.5";

/** How a picture's pixels are stored. */
export interface PixelFormat {
  readonly rows: number;
  readonly columns: number;
  readonly bitsAllocated: 8 | 16;
  readonly bitsStored: number;
}

/** The pixels of an uncompressed picture, as stored. */
function plainPixels(elements: DicomElements, { rows, columns, bitsAllocated }: PixelFormat) {
  const { path, isLittleEndian } = elements;
  const plain = elements.values.get("7fe00010");
  const count = rows * columns;
  const bytes = bitsAllocated / 8;
  if (plain === undefined || plain.length < count * bytes) {
    throw fieldError(
      path,
      "pixelData",
      `${count * bytes} bytes`,
      plain === undefined ? "none" : String(plain.length),
      "The file is no image or is cut short: take it out of the folder or export it again",
    );
  }
  if (bytes === 1) return Uint16Array.from(plain.subarray(0, count));
  const words = new Uint16Array(count);
  for (let i = 0; i < count; i++) {
    words[i] = isLittleEndian ? plain.readUInt16LE(2 * i) : plain.readUInt16BE(2 * i);
  }
  return words;
}

/** A compressed picture's pixels. */
async function unpackedPixels(
  elements: DicomElements,
  fragments: readonly Buffer[],
  format: PixelFormat,
): Promise<Uint16Array> {
  const { path, transferSyntax } = elements;
  const { rows, columns, bitsAllocated } = format;
  const packed = Buffer.concat(fragments);
  if (transferSyntax === RUN_LENGTHS) {
    return decodeRunLengths(path, packed, rows * columns, bitsAllocated === 8 ? 1 : 2);
  }
  const name = COMPRESSIONS[transferSyntax] ?? `transfer syntax ${transferSyntax}`;
  const unpack = dicomDecoder(transferSyntax);
  if (unpack === undefined) {
    throw new DataError({
      where: `${path}: TransferSyntaxUID (0002,0010)`,
      expected: EXPECTED,
      got: name,
      remedy: "Decompress the series first: gdcmconv --raw IN OUT",
    });
  }
  const stream = readCodestream(packed);
  const damaged = (got: string, cause?: unknown) =>
    fieldError(
      path,
      "pixelData",
      `an intact ${name} picture of ${columns} x ${rows} grey pixels`,
      got,
      "The file is damaged or cut short: export it again",
      cause,
    );
  if (stream === null) throw damaged("no header of one");
  const { precision, components } = stream;
  if (stream.rows !== rows || stream.columns !== columns || components !== 1) {
    const shape = `${stream.columns} x ${stream.rows}`;
    throw damaged(components === 1 ? shape : `${shape} with ${components} colours`);
  }
  if (precision > bitsAllocated || precision < 2) {
    throw damaged(`${precision} bits in ${bitsAllocated}`);
  }
  try {
    const pixels = await unpack(packed);
    if (pixels.length !== rows * columns) throw new Error(`${pixels.length} pixels`);
    return pixels instanceof Uint16Array ? pixels : Uint16Array.from(pixels);
  } catch (cause) {
    if (cause instanceof LayerbookError) throw cause;
    throw damaged(cause instanceof Error ? cause.message.split("\n")[0] : String(cause), cause);
  }
}

/**
 * A picture's pixels as unsigned words, row by row, whatever their compression; unused high bits may
 * hold anything.
 *
 * @throws DataError for pixels that are missing, damaged, of another size or in an unsupported
 *   compression
 */
export async function readPixels(
  elements: DicomElements,
  format: PixelFormat,
): Promise<Uint16Array> {
  const { fragments } = elements;
  return fragments === null
    ? plainPixels(elements, format)
    : unpackedPixels(elements, fragments, format);
}
