/** The header of a compressed picture, read before it is decompressed. */
export interface Codestream {
  readonly columns: number;
  readonly rows: number;
  readonly components: number;
  /** Bits of each sample. */
  readonly precision: number;
  /** JPEG's process: the second byte of its frame marker, such as 0xc0; 0 for JPEG 2000. */
  readonly process: number;
}

const START_OF_SCAN = 0xda;
const JPEG_LS_FRAME = 0xf7;
const JPEG_2000_SIZE = 0xff51;

/** Frame markers of JPEG (0xc0 to 0xcf, except tables) and of JPEG-LS. */
function isFrameMarker(marker: number): boolean {
  if (marker === JPEG_LS_FRAME) return true;
  return marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
}

function readJpegFrame(bytes: Buffer): Codestream | null {
  for (let at = 2; at + 10 <= bytes.length;) {
    if (bytes[at] !== 0xff) return null;
    const marker = bytes[at + 1];
    if (marker === 0xff) {
      at++;
      continue;
    }
    if (marker === START_OF_SCAN) return null;
    if (isFrameMarker(marker)) {
      return {
        precision: bytes[at + 4],
        rows: bytes.readUInt16BE(at + 5),
        columns: bytes.readUInt16BE(at + 7),
        components: bytes[at + 9],
        process: marker,
      };
    }
    at += 2 + bytes.readUInt16BE(at + 2);
  }
  return null;
}

function readJpeg2000Size(bytes: Buffer): Codestream | null {
  // A codestream alone, or inside the boxes of a JP2 file.
  const start = bytes.readUInt16BE(2) === JPEG_2000_SIZE ? 0 : bytes.indexOf("ff4fff51", 0, "hex");
  if (start < 0 || start + 43 > bytes.length) return null;
  const field = (at: number) => bytes.readUInt32BE(start + at);
  return {
    columns: field(8) - field(16),
    rows: field(12) - field(20),
    components: bytes.readUInt16BE(start + 40),
    precision: (bytes[start + 42] & 0x7f) + 1,
    process: 0,
  };
}

/**
 * Size and depth of a JPEG, JPEG-LS or JPEG 2000 picture from its header; `null` if it has none.
 */
export function readCodestream(bytes: Buffer): Codestream | null {
  if (bytes.length < 12) return null;
  return bytes.readUInt16BE(0) === 0xffd8 ? readJpegFrame(bytes) : readJpeg2000Size(bytes);
}
