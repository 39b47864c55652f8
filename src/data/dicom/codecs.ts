import type * as JpegLossless from "jpeg-lossless-decoder-js";
import type * as OpenJpeg from "@cornerstonejs/codec-openjpeg/decodewasmjs";
import type * as Charls from "@cornerstonejs/codec-charls/decodewasmjs";
import type * as Sharp from "sharp";
import type { WasmDecoderClass } from "@cornerstonejs/codec-charls/decodewasmjs";
import { importPackage } from "../../files/packages";
import { readCodestream } from "./codestream";
import { setDicomDecoder } from "./decoders";
import type { UnpackPicture } from "./decoders";
import { decodeExtendedJpeg } from "./extendedJpeg";

function unpackByWasm(load: () => Promise<WasmDecoderClass>): UnpackPicture {
  let loaded: Promise<WasmDecoderClass> | null = null;
  return async (packed) => {
    const Decoder = await (loaded ??= load());
    const decoder = new Decoder();
    try {
      decoder.getEncodedBuffer(packed.length).set(packed);
      decoder.decode();
      // A copy, since the view is invalid once the decoder is deleted.
      const bytes = decoder.getDecodedBuffer().slice();
      return decoder.getFrameInfo().bitsPerSample <= 8 ? bytes : new Uint16Array(bytes.buffer);
    } catch (cause) {
      // After an abort the whole instance is unusable.
      loaded = null;
      throw cause instanceof Error ? cause : new Error("the decoder failed", { cause });
    } finally {
      if (loaded !== null) decoder.delete();
    }
  };
}

const unpackJpegLs = unpackByWasm(async () => {
  const codec = (await importPackage("@cornerstonejs/codec-charls/decodewasmjs")) as typeof Charls;
  return (await codec.default({ print: ignore, printErr: ignore })).JpegLSDecoder;
});

const unpackJpeg2000 = unpackByWasm(async () => {
  const codec = (await importPackage(
    "@cornerstonejs/codec-openjpeg/decodewasmjs",
  )) as typeof OpenJpeg;
  return (await codec.default({ print: ignore, printErr: ignore })).J2KDecoder;
});

/** The codecs print their problems; our own errors report them. */
function ignore(): void {
  // Nothing: see above.
}

async function unpackLosslessJpeg(packed: Uint8Array): Promise<Uint8Array | Uint16Array> {
  const { Decoder } = (await importPackage("jpeg-lossless-decoder-js")) as typeof JpegLossless;
  // Copied, since the decoder reads from the start of an ArrayBuffer.
  const own = Uint8Array.from(packed);
  const pixels = new Decoder().decode(own.buffer, 0, own.length);
  return pixels instanceof Uint8Array ? pixels : new Uint16Array(pixels.buffer);
}

async function unpackBaselineJpeg(packed: Uint8Array): Promise<Uint8Array> {
  // Loaded here, since loading takes long and few files need it.
  const { default: sharp } = (await importPackage("sharp")) as typeof Sharp;
  return sharp(packed, { failOn: "warning" }).extractChannel(0).raw().toBuffer();
}

async function unpackExtendedJpeg(packed: Uint8Array): Promise<Uint8Array | Uint16Array> {
  const bytes = Buffer.from(packed.buffer, packed.byteOffset, packed.byteLength);
  return readCodestream(bytes)?.precision === 8
    ? unpackBaselineJpeg(packed)
    : decodeExtendedJpeg(bytes);
}

/** The decoders of Node's packages, by transfer syntax. */
const DECODERS: Readonly<Record<string, UnpackPicture>> = {
  "1.2.840.10008.1.2.4.50": unpackBaselineJpeg,
  "1.2.840.10008.1.2.4.51": unpackExtendedJpeg,
  "1.2.840.10008.1.2.4.57": unpackLosslessJpeg,
  "1.2.840.10008.1.2.4.70": unpackLosslessJpeg,
  "1.2.840.10008.1.2.4.80": unpackJpegLs,
  "1.2.840.10008.1.2.4.81": unpackJpegLs,
  "1.2.840.10008.1.2.4.90": unpackJpeg2000,
  "1.2.840.10008.1.2.4.91": unpackJpeg2000,
};

/** Registers the decoders that are available as Node packages. */
export function setNodeDecoders(): void {
  for (const [transferSyntax, unpack] of Object.entries(DECODERS)) {
    setDicomDecoder(transferSyntax, unpack);
  }
}
