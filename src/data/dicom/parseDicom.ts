import { DataError } from "../../core/errors";
import { inflateAtMost } from "../inflate";
import { dicomStart } from "./dicomStart";
import type { DicomStart } from "./dicomStart";
import type { ElementHead, Encoding, SequenceBytes } from "./elementReader";
import { ElementReader, UNDEFINED_LENGTH, UNKNOWN_SEQUENCE } from "./elementReader";

/** Elements by tag (`"00280010"`), as bytes. */
export interface DicomDataset extends Encoding {
  readonly path: string;
  readonly values: ReadonlyMap<string, Buffer>;
  /** Sequences of undefined length and unknown elements; a sequence of defined length is a value. */
  readonly sequences: ReadonlyMap<string, SequenceBytes>;
}

/** The elements of a file up to and including the pixel data. */
export interface DicomElements extends DicomDataset {
  readonly transferSyntax: string;
  /** The compressed fragments of the pixels; `null` if the pixels are not compressed. */
  readonly fragments: readonly Buffer[] | null;
}

const IMPLICIT_LITTLE = "1.2.840.10008.1.2";
const EXPLICIT_LITTLE = "1.2.840.10008.1.2.1";
const EXPLICIT_BIG = "1.2.840.10008.1.2.2";
const DEFLATED = "1.2.840.10008.1.2.1.99";
const PIXEL_DATA = "7fe00010";
const MAX_INFLATED_BYTES = 512 * 2 ** 20;

function inflateRest(path: string, packed: Buffer): Buffer {
  const most = Math.min(MAX_INFLATED_BYTES, packed.length * 1032 + 1024);
  const unpacked = inflateAtMost("raw", packed, most);
  if (unpacked instanceof Uint8Array) return Buffer.from(unpacked.buffer);
  throw new DataError({
    where: path,
    expected: `an intact deflated data set of at most ${MAX_INFLATED_BYTES} bytes`,
    got: unpacked.reason,
    remedy: "The file is damaged: export it again",
  });
}

/** Reads the value of the element whose header was just read. */
function keepElement(
  { tag, kind, length }: ElementHead,
  reader: ElementReader,
  values: Map<string, Buffer>,
  sequences: Map<string, SequenceBytes>,
): void {
  if (length === UNDEFINED_LENGTH) {
    sequences.set(tag, reader.takeSequence(kind));
    return;
  }
  const bytes = reader.take(length);
  values.set(tag, bytes);
  // It may be a sequence that the writer did not recognise.
  if (kind === "UN") sequences.set(tag, { bytes, ...UNKNOWN_SEQUENCE });
}

/** How much of a file {@link parseDicom} reads. */
export interface ParseDicomOptions {
  /** If false, pixels are skipped: their element is present but empty. Default true. */
  readonly hasPixels?: boolean;
}

/**
 * Reads the elements of one DICOM file: implicit or explicit, either byte order, deflated or not, with or
 * without the 128 bytes and `DICM` at its start.
 *
 * We have a reader of our own because the available packages either need a module system that notebook
 * cells and CommonJS lack, or trust the lengths that a file states.
 *
 * @throws DataError that names the byte
 */
export function parseDicom(
  path: string,
  bytes: Buffer,
  { hasPixels = true }: ParseDicomOptions = {},
): DicomElements {
  const start = dicomStart(bytes);
  if (start === null) {
    throw new DataError({
      where: `${path}: byte 128`,
      expected: '"DICM"',
      got: "another kind of file",
      remedy: "Remove it from the folder, or export it as a DICOM file (Part 10)",
    });
  }
  const { transferSyntax, at } = readFileHead(path, bytes, start);
  const rest = bytes.subarray(at);
  const body = transferSyntax === DEFLATED ? inflateRest(path, rest) : rest;
  const isLittleEndian = start.hasHead ? transferSyntax !== EXPLICIT_BIG : start.isLittleEndian;
  // Some programs write one encoding and state another; pydicom and GDCM check as well.
  const encoding: Encoding = { isLittleEndian, isExplicit: looksExplicit(body) };
  const reader = new ElementReader(path, body, 0, encoding);
  const values = new Map<string, Buffer>();
  const sequences = new Map<string, SequenceBytes>();
  let fragments: Buffer[] | null = null;
  while (reader.hasMore()) {
    const { tag, kind, length } = reader.readHead();
    if (tag === PIXEL_DATA) {
      if (!hasPixels) values.set(tag, Buffer.alloc(0));
      else if (length === UNDEFINED_LENGTH) fragments = reader.readFragments();
      else values.set(tag, reader.take(length));
      break;
    }
    keepElement({ tag, kind, length }, reader, values, sequences);
  }
  return { path, values, sequences, transferSyntax, ...encoding, fragments };
}

/** The transfer syntax stated in the file meta information, and the first byte after it. */
function readFileHead(
  path: string,
  bytes: Buffer,
  { at, hasHead, isLittleEndian, isExplicit }: DicomStart,
): { readonly transferSyntax: string; readonly at: number } {
  if (!hasHead) {
    const plain = isLittleEndian ? EXPLICIT_LITTLE : EXPLICIT_BIG;
    return { transferSyntax: isExplicit ? plain : IMPLICIT_LITTLE, at };
  }
  let transferSyntax = "";
  const head = new ElementReader(path, bytes, at, { isLittleEndian: true, isExplicit: true });
  while (head.hasMore() && head.nextGroup() === 0x0002) {
    const { tag, length } = head.readHead();
    const value = head.take(length);
    if (tag === "00020010") transferSyntax = value.toString("latin1").replace(/[\0 ]+$/, "");
  }
  if (transferSyntax === "")
    transferSyntax = looksExplicit(bytes.subarray(head.at)) ? EXPLICIT_LITTLE : IMPLICIT_LITTLE;
  return { transferSyntax, at: head.at };
}

/** Whether the first element has an explicit value representation: two letters in place of a length. */
function looksExplicit(body: Buffer): boolean {
  return /^[A-Z]{2}$/.test(body.toString("latin1", 4, 6));
}

/**
 * The items of a sequence; none if the element is absent.
 *
 * @throws DataError that names the byte within the sequence
 */
export function readItems(dataset: DicomDataset, tag: string): DicomDataset[] {
  const plain = dataset.values.get(tag);
  const found: SequenceBytes | undefined =
    dataset.sequences.get(tag) ?? (plain && { ...dataset, bytes: plain });
  if (found === undefined) return [];
  const { isLittleEndian, isExplicit } = found;
  const encoding = { isLittleEndian, isExplicit };
  const path = `${dataset.path}: sequence (${tag.slice(0, 4)},${tag.slice(4)})`;
  const reader = new ElementReader(path, found.bytes, 0, encoding);
  const items: DicomDataset[] = [];
  for (let item = reader.nextItem(); item !== null; item = reader.nextItem()) {
    const isOpen = item.length === UNDEFINED_LENGTH;
    const own = isOpen ? reader : new ElementReader(path, reader.take(item.length), 0, encoding);
    const values = new Map<string, Buffer>();
    const sequences = new Map<string, SequenceBytes>();
    while (own.hasMore()) {
      const head = own.readHead();
      if (isOpen && ElementReader.atItemEnd(head)) break;
      keepElement(head, own, values, sequences);
    }
    items.push({ path: dataset.path, values, sequences, ...encoding });
  }
  return items;
}
