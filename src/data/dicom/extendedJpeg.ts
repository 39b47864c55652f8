import { inverseDct } from "./inverseDct";

/** The index in a row-major block of coefficient `i` in JPEG's zigzag order. */
const DIAGONAL_ORDER = diagonalOrder();
const FIRST_RESTART = 0xd0;

function diagonalOrder(): readonly number[] {
  const order: number[] = [];
  for (let sum = 0; sum < 15; sum++) {
    for (let i = Math.max(0, sum - 7); i <= Math.min(7, sum); i++) {
      // Diagonals alternate between upwards and downwards.
      const [row, column] = sum % 2 === 0 ? [sum - i, i] : [i, sum - i];
      order.push(8 * row + column);
    }
  }
  return order;
}

/** A Huffman table in canonical form: codes of one length are consecutive. */
interface HuffmanTable {
  /** By length: the first code, the number of codes and the index of their first symbol. */
  readonly first: readonly number[];
  readonly counts: readonly number[];
  readonly offsets: readonly number[];
  readonly symbols: Buffer;
}

/** Reads the bits of a scan without the stuffed zeros; throws at its end. */
class BitReader {
  private held = 0;
  private left = 0;

  constructor(
    private readonly bytes: Buffer,
    private at: number,
  ) {}

  bit(): number {
    if (this.left === 0) {
      if (this.at >= this.bytes.length) throw new Error("the scan ends too early");
      this.held = this.bytes[this.at++];
      if (this.held === 0xff) {
        if (this.bytes[this.at] !== 0) throw new Error("an unexpected marker in the scan");
        this.at++;
      }
      this.left = 8;
    }
    this.left--;
    return (this.held >> this.left) & 1;
  }

  bits(count: number): number {
    let value = 0;
    for (let i = 0; i < count; i++) value = (value << 1) | this.bit();
    return value;
  }

  /** A signed number of `count` bits, as JPEG encodes differences. */
  signed(count: number): number {
    if (count === 0) return 0;
    const value = this.bits(count);
    return value < 1 << (count - 1) ? value - (1 << count) + 1 : value;
  }

  symbol({ first, counts, offsets, symbols }: HuffmanTable): number {
    let code = 0;
    for (let length = 1; length <= 16; length++) {
      code = (code << 1) | this.bit();
      const index = code - first[length];
      if (index < counts[length]) return symbols[offsets[length] + index];
    }
    throw new Error("an invalid Huffman code");
  }

  /** Skips a restart marker and the padding bits before it. */
  restart(): void {
    this.left = 0;
    if (this.bytes[this.at] !== 0xff || (this.bytes[this.at + 1] & 0xf8) !== FIRST_RESTART) {
      throw new Error("a missing restart marker");
    }
    this.at += 2;
  }
}

/** The tables of a JPEG and its only scan. */
interface Parts {
  readonly quantisation: Map<number, readonly number[]>;
  /** By class (0 DC, 1 AC) and number: `class << 4 | number`. */
  readonly huffman: Map<number, HuffmanTable>;
  readonly frame: { readonly rows: number; readonly columns: number; readonly table: number };
  readonly precision: number;
  readonly restartInterval: number;
  readonly dc: number;
  readonly ac: number;
  readonly scanAt: number;
}

function readQuantisation(segment: Buffer, tables: Map<number, readonly number[]>): void {
  for (let at = 0; at < segment.length;) {
    const bytes = segment[at] >> 4 === 0 ? 1 : 2;
    const number = segment[at] & 15;
    if (at + 1 + 64 * bytes > segment.length) throw new Error("a truncated quantisation table");
    const table = Array.from({ length: 64 }, (_, i) =>
      segment.readUIntBE(at + 1 + i * bytes, bytes),
    );
    tables.set(number, table);
    at += 1 + 64 * bytes;
  }
}

function readHuffman(segment: Buffer, tables: Map<number, HuffmanTable>): void {
  for (let at = 0; at + 17 <= segment.length;) {
    const counts = [0, ...segment.subarray(at + 1, at + 17)];
    const [first, offsets] = [[0], [0]];
    let [code, offset] = [0, 0];
    for (let length = 1; length <= 16; length++) {
      first.push(code);
      offsets.push(offset);
      code = (code + counts[length]) << 1;
      offset += counts[length];
    }
    const symbols = segment.subarray(at + 17, at + 17 + offset);
    if (symbols.length < offset) throw new Error("a truncated Huffman table");
    tables.set(segment[at], { first, counts, offsets, symbols });
    at += 17 + offset;
  }
}

function readParts(bytes: Buffer): Parts {
  const quantisation = new Map<number, readonly number[]>();
  const huffman = new Map<number, HuffmanTable>();
  let frame: Parts["frame"] | null = null;
  let [precision, restartInterval] = [0, 0];
  for (let at = 2; at + 4 <= bytes.length;) {
    const marker = bytes[at + 1];
    if (bytes[at] !== 0xff) throw new Error("a missing marker");
    if (marker === 0xff) {
      at++;
      continue;
    }
    const end = at + 2 + bytes.readUInt16BE(at + 2);
    const segment = bytes.subarray(at + 4, end);
    if (end > bytes.length) break;
    if (marker === 0xdb) readQuantisation(segment, quantisation);
    else if (marker === 0xc4) readHuffman(segment, huffman);
    else if (marker === 0xdd) restartInterval = segment.readUInt16BE(0);
    else if (marker === 0xc0 || marker === 0xc1) {
      if (segment.length < 9 || segment[5] !== 1) throw new Error("no frame with one component");
      const [rows, columns] = [segment.readUInt16BE(1), segment.readUInt16BE(3)];
      frame = { rows, columns, table: segment[8] };
      precision = segment[0];
    } else if (marker === 0xda) {
      if (frame === null || segment.length < 6) break;
      const [dc, ac] = [segment[2] >> 4, 0x10 | (segment[2] & 15)];
      return { quantisation, huffman, frame, precision, restartInterval, dc, ac, scanAt: end };
    } else if (marker >= 0xc2 && marker <= 0xcf) {
      throw new Error(`JPEG process ${marker.toString(16)}, which DICOM does not allow here`);
    }
    at = end;
  }
  throw new Error("no scan");
}

/** Reads and dequantises one block's coefficients; returns the DC value, which the next block's difference needs. */
function readBlock(
  reader: BitReader,
  block: Float64Array,
  dcBefore: number,
  tables: {
    readonly dc: HuffmanTable;
    readonly ac: HuffmanTable;
    readonly quantisation: readonly number[];
  },
): number {
  block.fill(0);
  const size = reader.symbol(tables.dc);
  if (size > 16) throw new Error("a difference with too many bits");
  const dc = dcBefore + reader.signed(size);
  block[0] = dc * tables.quantisation[0];
  for (let i = 1; i < 64; i++) {
    const symbol = reader.symbol(tables.ac);
    const [run, bits] = [symbol >> 4, symbol & 15];
    if (bits === 0) {
      if (run < 15) break;
      i += 15;
      continue;
    }
    i += run;
    if (i > 63) throw new Error("a block with too many coefficients");
    block[DIAGONAL_ORDER[i]] = reader.signed(bits) * tables.quantisation[i];
  }
  return dc;
}

/**
 * Decodes a sequential JPEG of one component with 8 or 12 bits (DICOM's "extended" process). The available
 * JPEG libraries are built for 8 bits only.
 *
 * @returns samples, row by row
 * @throws Error that describes the fault in the stream
 * @see ITU-T T.81, annexes B, F and G
 */
export function decodeExtendedJpeg(bytes: Buffer): Uint16Array {
  const { quantisation, huffman, frame, precision, restartInterval, ...scan } = readParts(bytes);
  const tables = {
    dc: huffman.get(scan.dc),
    ac: huffman.get(scan.ac),
    quantisation: quantisation.get(frame.table),
  };
  const { dc: dcTable, ac: acTable, quantisation: steps } = tables;
  if (dcTable === undefined || acTable === undefined || steps === undefined) {
    throw new Error("a scan without its tables");
  }
  const { rows, columns } = frame;
  const samples = new Uint16Array(rows * columns);
  const [middle, most] = [2 ** (precision - 1), 2 ** precision - 1];
  const reader = new BitReader(bytes, scan.scanAt);
  const block = new Float64Array(64);
  let [dc, done] = [0, 0];
  for (let top = 0; top < rows; top += 8) {
    for (let left = 0; left < columns; left += 8, done++) {
      if (restartInterval > 0 && done > 0 && done % restartInterval === 0) {
        reader.restart();
        dc = 0;
      }
      dc = readBlock(reader, block, dc, { dc: dcTable, ac: acTable, quantisation: steps });
      inverseDct(block);
      for (let y = 0; y < Math.min(8, rows - top); y++) {
        for (let x = 0; x < Math.min(8, columns - left); x++) {
          const sample = Math.min(Math.max(block[8 * y + x] + middle, 0), most);
          samples[(top + y) * columns + left + x] = sample;
        }
      }
    }
  }
  return samples;
}
