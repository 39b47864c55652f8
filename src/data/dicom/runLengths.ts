import { DataError } from "../../core/errors";

/** Bytes of the header: the number of segments and the offsets of at most 15. */
const HEADER_BYTES = 64;

/**
 * Decompresses DICOM's run-length encoding (PackBits): one segment per byte of a pixel, the highest
 * first.
 *
 * @param count number of pixels
 * @param bytes bytes per pixel
 * @throws DataError if segments lie outside the data or do not fill the image
 */
export function decodeRunLengths(
  path: string,
  packed: Buffer,
  count: number,
  bytes: 1 | 2,
): Uint16Array {
  const fail = (expected: string, got: string) =>
    new DataError({
      where: `${path}: PixelData (7fe0,0010)`,
      expected,
      got,
      remedy: "The file is damaged: export it again",
    });
  if (packed.length < HEADER_BYTES) {
    throw fail(`a run-length header of ${HEADER_BYTES} bytes`, `${packed.length} bytes`);
  }
  const segments = packed.readUInt32LE(0);
  if (segments !== bytes) throw fail(`${bytes} segments`, String(segments));
  if (count > packed.length * 128) {
    throw fail(`${count} pixels`, `${packed.length} bytes, which cannot hold them`);
  }
  const words = new Uint16Array(count);
  for (let segment = 0; segment < segments; segment++) {
    let at = packed.readUInt32LE(4 + 4 * segment);
    const end = segment + 1 < segments ? packed.readUInt32LE(8 + 4 * segment) : packed.length;
    if (at < HEADER_BYTES || end > packed.length || at > end) {
      throw fail("a segment inside the data", `bytes ${at} to ${end} of ${packed.length}`);
    }
    let pixel = 0;
    const put = (byte: number) => {
      if (pixel < count) words[pixel] = (words[pixel] << 8) | byte;
      pixel++;
    };
    while (at < end && pixel < count) {
      const code = packed[at++];
      if (code < 128) {
        for (let i = 0; i <= code && at < end; i++) put(packed[at++]);
      } else if (code > 128 && at < end) {
        const byte = packed[at++];
        for (let i = 0; i < 257 - code; i++) put(byte);
      }
    }
    if (pixel < count) throw fail(`${count} pixels`, `${pixel} in segment ${segment}`);
  }
  return words;
}
