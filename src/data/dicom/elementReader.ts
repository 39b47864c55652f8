import { DataError } from "../../core/errors";

export const UNDEFINED_LENGTH = 0xffffffff;
/** Value representations with a four-byte length, after two reserved bytes. */
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
/** The deepest nesting of sequences; deeper ones are malicious. */
const MAX_DEPTH = 16;
const ITEM = "fffee000";
const ITEM_END = "fffee00d";
const SEQUENCE_END = "fffee0dd";

/** How a stretch of bytes is encoded. */
export interface Encoding {
  readonly isLittleEndian: boolean;
  readonly isExplicit: boolean;
}

/** The encoding inside an unknown element of undefined length (CP-246). */
export const UNKNOWN_SEQUENCE: Encoding = { isLittleEndian: true, isExplicit: false };

/** An element's header. */
export interface ElementHead {
  readonly tag: string;
  /** The value representation; empty if it is implicit. */
  readonly kind: string;
  readonly length: number;
}

/** The bytes of a sequence's items, and how they are encoded. */
export interface SequenceBytes extends Encoding {
  readonly bytes: Buffer;
}

/** Reads one element after another; every length is checked against the bytes left. */
export class ElementReader {
  constructor(
    private readonly path: string,
    private readonly bytes: Buffer,
    private position: number,
    private readonly encoding: Encoding,
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
    return this.encoding.isLittleEndian ? this.bytes.readUInt16LE(at) : this.bytes.readUInt16BE(at);
  }

  private uint32(at: number): number {
    return this.encoding.isLittleEndian ? this.bytes.readUInt32LE(at) : this.bytes.readUInt32BE(at);
  }

  /** The group of the next element; does not advance. */
  nextGroup(): number {
    return this.uint16(this.position);
  }

  /** The next element's tag, value representation and length; advances to its value. */
  readHead(): ElementHead {
    const start = this.position;
    if (start + 8 > this.bytes.length) throw this.fail("an element of 8 bytes", "the end");
    const tag =
      this.uint16(start).toString(16).padStart(4, "0") +
      this.uint16(start + 2)
        .toString(16)
        .padStart(4, "0");
    // Item tags have no value representation, even in explicit encodings.
    if (!this.encoding.isExplicit || tag.startsWith("fffe")) {
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

  /** The items of a sequence of undefined length whose header was just read, as bytes. */
  takeSequence(kind: string): SequenceBytes {
    const encoding = kind === "UN" ? UNKNOWN_SEQUENCE : this.encoding;
    const start = this.position;
    this.skipSequence(kind, 0);
    return { bytes: this.bytes.subarray(start, this.position), ...encoding };
  }

  /** Skips a sequence of undefined length, up to its delimiter. */
  private skipSequence(kind: string, depth: number): void {
    if (depth > MAX_DEPTH) throw this.fail(`at most ${MAX_DEPTH} nested sequences`, "more");
    if (kind === "UN") {
      const inner = new ElementReader(this.path, this.bytes, this.position, UNKNOWN_SEQUENCE);
      inner.skipSequence("", depth);
      this.position = inner.position;
      return;
    }
    for (;;) {
      const { tag, length } = this.readHead();
      if (tag === SEQUENCE_END) return;
      if (tag !== ITEM) throw this.fail("an item", `the tag ${tag}`);
      if (length !== UNDEFINED_LENGTH) {
        this.take(length);
        continue;
      }
      for (;;) {
        const inner = this.readHead();
        if (inner.tag === ITEM_END) break;
        if (inner.length === UNDEFINED_LENGTH) this.skipSequence(inner.kind, depth + 1);
        else this.take(inner.length);
      }
    }
  }

  /**
   * The next item of a sequence, `null` at its end; the caller reads the elements of an item of
   * undefined length up to {@link atItemEnd}.
   */
  nextItem(): { readonly length: number } | null {
    if (!this.hasMore()) return null;
    const { tag, length } = this.readHead();
    if (tag === SEQUENCE_END) return null;
    if (tag !== ITEM) throw this.fail("an item", `the tag ${tag}`);
    return { length };
  }

  /** Whether this header ends an item of undefined length. */
  static atItemEnd({ tag }: ElementHead): boolean {
    return tag === ITEM_END;
  }

  /** The fragments of compressed pixels, without the first item, which is an offset table. */
  readFragments(): Buffer[] {
    const fragments: Buffer[] = [];
    for (;;) {
      const { tag, length } = this.readHead();
      if (tag === SEQUENCE_END) return fragments.slice(1);
      if (tag !== ITEM || length === UNDEFINED_LENGTH) {
        throw this.fail("a fragment of pixels", `the tag ${tag}`);
      }
      fragments.push(this.take(length));
    }
  }
}
