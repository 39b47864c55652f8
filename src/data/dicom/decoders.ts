/** Unpacks one picture: a sample for each pixel, row by row, with at least the picture's own bits. */
export type UnpackPicture = (packed: Uint8Array) => Promise<Uint8Array | Uint16Array>;

/** What transfer syntaxes are called, by their UID. */
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
 * Sets what unpacks the pictures of a DICOM transfer syntax. In Node the usual ones are set; a page
 * sets those whose decoder it ships. Plain, deflated and run-length encoded pictures need none.
 *
 * @param transferSyntax its UID, such as `"1.2.840.10008.1.2.4.90"` for lossless JPEG 2000
 * @param unpack gives one sample for each pixel, row by row
 */
export function setDicomDecoder(transferSyntax: string, unpack: UnpackPicture): void {
  decoders.set(transferSyntax, unpack);
}

/** What {@link setDicomDecoder} set. */
export function dicomDecoder(transferSyntax: string): UnpackPicture | undefined {
  return decoders.get(transferSyntax);
}
