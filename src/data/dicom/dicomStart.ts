/** Elements that a data set begins with: lengths, character set, type, class and identity. */
const FIRST_ELEMENTS = [0x00, 0x01, 0x05, 0x06, 0x08, 0x12, 0x13, 0x14, 0x16, 0x18];
/** Value representations of these elements. */
const FIRST_KINDS = ["UL", "CS", "UI", "DA", "TM", "SH"];
/** In an intact file, none of them is longer. */
const MOST_BYTES = 256;
/** Bytes that {@link dicomStart} looks at. */
export const START_BYTES = 132;

/** Where a file's elements begin, and how. */
export interface DicomStart {
  /** Byte of the first element. */
  readonly at: number;
  /** Whether that is the file meta information (group 0002), which states the encoding of what follows. */
  readonly hasHead: boolean;
  /** How the first element is written. */
  readonly isLittleEndian: boolean;
  readonly isExplicit: boolean;
}

/**
 * Where the elements of a DICOM file begin: after 128 bytes and `DICM`, or, in files that are older than
 * that rule or written by some programs, at the first byte.
 *
 * @param bytes the first {@link START_BYTES} of a file, or more
 * @returns `null` for another kind of file
 */
export function dicomStart(bytes: Uint8Array): DicomStart | null {
  if (bytes.length < START_BYTES) return null;
  const text = (from: number, to: number): string =>
    String.fromCharCode(...bytes.subarray(from, to));
  if (text(128, START_BYTES) === "DICM") {
    return { at: START_BYTES, hasHead: true, isLittleEndian: true, isExplicit: true };
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const isExplicit = FIRST_KINDS.includes(text(4, 6));
  for (const isLittleEndian of [true, false]) {
    const group = view.getUint16(0, isLittleEndian);
    const element = view.getUint16(2, isLittleEndian);
    const isHead = group === 0x0002 && element <= 0x0010 && isLittleEndian && isExplicit;
    if (isHead) return { at: 0, hasHead: true, isLittleEndian, isExplicit };
    if (group !== 0x0008 || !FIRST_ELEMENTS.includes(element)) continue;
    // Implicit elements are little endian by definition, and begin with a length.
    const length = view.getUint32(4, true);
    const isImplicit = isLittleEndian && length <= MOST_BYTES && length % 2 === 0;
    if (isExplicit || isImplicit) return { at: 0, hasHead: false, isLittleEndian, isExplicit };
  }
  return null;
}
