import { inflateRawSync } from "node:zlib";
import { DataError } from "../../core/errors";

/** Elements by tag (`"00280010"`), as bytes, up to and with the pixel data. */
export interface DicomElements {
  readonly values: ReadonlyMap<string, Buffer>;
  readonly transferSyntax: string;
  readonly isLittleEndian: boolean;
  /** The pixels' compressed pieces; `null` where the pixels are stored plainly. */
  readonly fragments: readonly Buffer[] | null;
}

const IMPLICIT_LITTLE = "1.2.840.10008.1.2";
const EXPLICIT_BIG = "1.2.840.10008.1.2.2";
const DEFLATED = "1.2.840.10008.1.2.1.99";
const PIXEL_DATA = "7fe00010";
const UNDEFINED_LENGTH = 0xffffffff;
/** Value representations whose length takes four bytes, after two that are reserved. */
const LONG_KINDS = new Set([
  "OB",
  "OD",
  "OF",
  "OL",
  "OV",
  "OW",
  "SQ",
  "SV",
  "UC",
  "UN",
  "UR",
  "UT",
  "UV",
]);
/** Sequences in sequences deeper than this are an attack, not a scan. */
const MAX_DEPTH = 16;
const MAX_INFLATED_BYTES = 512 * 2 ** 20;

/** Reads elements one after the other; every length is checked against the bytes that are there. */
class ElementReader {
  constructor(
    private readonly path: string,
    private readonly bytes: Buffer,
    private position: number,
    private readonly isLittleEndian: boolean,
    private readonly isExplicit: boolean,
  ) {}

  get at(): number {
    return this.position;
  }

  hasMore(): boolean {
    return this.position + 8 <= this.bytes.length;
  }

  private fail(expected: string, got: string): DataError {
    return new DataError({
      where: `${this.path}: byte ${this.position}`,
      expected,
      got,
      remedy: "The file is damaged or cut short: export it again",
    });
  }

  private uint16(at: number): number {
    return this.isLittleEndian ? this.bytes.readUInt16LE(at) : this.bytes.readUInt16BE(at);
  }

  private uint32(at: number): number {
    return this.isLittleEndian ? this.bytes.readUInt32LE(at) : this.bytes.readUInt32BE(at);
  }

  /** The group of the next element, without moving. */
  nextGroup(): number {
    return this.uint16(this.position);
  }

  /** The next element's tag, kind and length; stands at its value afterwards. */
  readHead(): { tag: string; kind: string; length: number } {
    const start = this.position;
    if (start + 8 > this.bytes.length) throw this.fail("an element of 8 bytes", "the end");
    const tag =
      this.uint16(start).toString(16).padStart(4, "0") +
      this.uint16(start + 2)
        .toString(16)
        .padStart(4, "0");
    // Item marks have no kind, even where kinds are explicit.
    if (!this.isExplicit || tag.startsWith("fffe")) {
      this.position = start + 8;
      return { tag, kind: "", length: this.uint32(start + 4) };
    }
    const kind = this.bytes.toString("latin1", start + 4, start + 6);
    if (!/^[A-Z]{2}$/.test(kind)) {
      throw this.fail("a value representation of two letters", JSON.stringify(kind));
    }
    if (!LONG_KINDS.has(kind)) {
      this.position = start + 8;
      return { tag, kind, length: this.uint16(start + 6) };
    }
    if (start + 12 > this.bytes.length) throw this.fail("an element of 12 bytes", "the end");
    this.position = start + 12;
    return { tag, kind, length: this.uint32(start + 8) };
  }

  /** The next `length` bytes. */
  take(length: number): Buffer {
    const end = this.position + length;
    if (end > this.bytes.length) {
      throw this.fail(`${length} bytes`, `${this.bytes.length - this.position}`);
    }
    const value = this.bytes.subarray(this.position, end);
    this.position = end;
    return value;
  }

  /** Passes over a sequence of undefined length: items until its end mark. */
  skipSequence(depth = 0): void {
    if (depth > MAX_DEPTH) throw this.fail(`at most ${MAX_DEPTH} nested sequences`, "more");
    for (;;) {
      const { tag, length } = this.readHead();
      if (tag === "fffee0dd") return;
      if (tag !== "fffee000") throw this.fail("an item", `the tag ${tag}`);
      if (length !== UNDEFINED_LENGTH) {
        this.take(length);
        continue;
      }
      for (;;) {
        const inner = this.readHead();
        if (inner.tag === "fffee00d") break;
        if (inner.length === UNDEFINED_LENGTH) this.skipSequence(depth + 1);
        else this.take(inner.length);
      }
    }
  }

  /** The pieces of compressed pixels; the first item, an offset table, is left out. */
  readFragments(): Buffer[] {
    const fragments: Buffer[] = [];
    for (;;) {
      const { tag, length } = this.readHead();
      if (tag === "fffee0dd") return fragments.slice(1);
      if (tag !== "fffee000" || length === UNDEFINED_LENGTH) {
        throw this.fail("a fragment of pixels", `the tag ${tag}`);
      }
      fragments.push(this.take(length));
    }
  }
}

/** Whether bytes begin as a DICOM file does. */
export function isDicom(bytes: Buffer): boolean {
  return bytes.length >= 132 && bytes.toString("latin1", 128, 132) === "DICM";
}

function inflateRest(path: string, packed: Buffer): Buffer {
  const most = Math.min(MAX_INFLATED_BYTES, packed.length * 1032 + 1024);
  try {
    return inflateRawSync(packed, { maxOutputLength: most });
  } catch (cause) {
    throw new DataError({
      where: path,
      expected: `a sound deflated data set of at most ${MAX_INFLATED_BYTES} bytes`,
      got: cause instanceof Error ? cause.message : String(cause),
      remedy: "The file is damaged: export it again",
      cause,
    });
  }
}

/**
 * Reads the elements of one DICOM file: implicit or explicit, either byte order, deflated or not.
 *
 * This is a reader of our own because the packages at hand either need a module system that notebook
 * cells and CommonJS lack or trust the lengths that a file states.
 *
 * @throws DataError that names the byte
 */
export function parseDicom(path: string, bytes: Buffer): DicomElements {
  if (!isDicom(bytes)) {
    throw new DataError({
      where: `${path}: byte 128`,
      expected: '"DICM"',
      got: "another kind of file",
      remedy: "Take it out of the folder, or export it as a DICOM file (Part 10)",
    });
  }
  let transferSyntax = "";
  const meta = new ElementReader(path, bytes, 132, true, true);
  while (meta.hasMore() && meta.nextGroup() === 0x0002) {
    const { tag, length } = meta.readHead();
    const value = meta.take(length);
    if (tag === "00020010") transferSyntax = value.toString("latin1").replace(/[\0 ]+$/, "");
  }
  const isLittleEndian = transferSyntax !== EXPLICIT_BIG;
  const rest = bytes.subarray(meta.at);
  const body = transferSyntax === DEFLATED ? inflateRest(path, rest) : rest;
  const isExplicit = transferSyntax !== IMPLICIT_LITTLE;
  const reader = new ElementReader(path, body, 0, isLittleEndian, isExplicit);
  const values = new Map<string, Buffer>();
  while (reader.hasMore()) {
    const { tag, length } = reader.readHead();
    if (tag === PIXEL_DATA) {
      const fragments = length === UNDEFINED_LENGTH ? reader.readFragments() : null;
      if (fragments === null) values.set(tag, reader.take(length));
      return { values, transferSyntax, isLittleEndian, fragments };
    }
    if (length === UNDEFINED_LENGTH) reader.skipSequence();
    else values.set(tag, reader.take(length));
  }
  return { values, transferSyntax, isLittleEndian, fragments: null };
}
