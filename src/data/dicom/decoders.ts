/** Decompresses one picture: one sample per pixel, row by row, with at least the picture's own bits. */
export type UnpackPicture = (packed: Uint8Array) => Promise<Uint8Array | Uint16Array>;

/** Names of transfer syntaxes, by UID. */
export const COMPRESSIONS: Readonly<Record<string, string | undefined>> = {
  "1.2.840.10008.1.2.4.50": "JPEG",
  "1.2.840.10008.1.2.4.51": "extended JPEG",
  "1.2.840.10008.1.2.4.57": "lossless JPEG",
  "1.2.840.10008.1.2.4.70": "lossless JPEG",
  "1.2.840.10008.1.2.4.80": "JPEG-LS",
  "1.2.840.10008.1.2.4.81": "JPEG-LS",
  "1.2.840.10008.1.2.4.90": "JPEG 2000",
  "1.2.840.10008.1.2.4.91": "JPEG 2000",
  "1.2.840.10008.1.2.4.100": "MPEG-2 video",
  "1.2.840.10008.1.2.4.201": "high-throughput JPEG 2000",
  "1.2.840.10008.1.2.4.202": "high-throughput JPEG 2000",
  "1.2.840.10008.1.2.4.203": "high-throughput JPEG 2000",
};

const decoders = new Map<string, UnpackPicture>();

/**
 * Registers the decoder for a DICOM transfer syntax. In Node, the usual ones are registered already; a
 * page registers those that it ships. Uncompressed, deflated and run-length encoded pictures need none.
 *
 * @param transferSyntax its UID, such as `"1.2.840.10008.1.2.4.90"` for lossless JPEG 2000
 * @param unpack returns one sample per pixel, row by row
 */
export function setDicomDecoder(transferSyntax: string, unpack: UnpackPicture): void {
  decoders.set(transferSyntax, unpack);
}

/** The decoders registered by {@link setDicomDecoder}. */
export function dicomDecoder(transferSyntax: string): UnpackPicture | undefined {
  return decoders.get(transferSyntax);
}
