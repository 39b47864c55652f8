// The codec packages have no types of their own.

declare module "@cornerstonejs/codec-charls/decodewasmjs" {
  /** The decoders of the `@cornerstonejs/codec-*` packages, compiled from C++ to WebAssembly. */
  interface WasmDecoder {
    /** Memory for the compressed picture, to be filled. */
    getEncodedBuffer(length: number): Uint8Array;
    decode(): void;
    /** A view of the decoder's memory. */
    getDecodedBuffer(): Uint8Array;
    getFrameInfo(): { readonly bitsPerSample: number };
    delete(): void;
  }
  export type WasmDecoderClass = new () => WasmDecoder;

  /** Makes an instance of the module. */
  export type LoadWasm<Name extends string> = (settings: {
    readonly print: (line: string) => void;
    readonly printErr: (line: string) => void;
  }) => Promise<Readonly<Record<Name, WasmDecoderClass>>>;

  const load: LoadWasm<"JpegLSDecoder">;
  export default load;
}

declare module "@cornerstonejs/codec-openjpeg/decodewasmjs" {
  import type { LoadWasm } from "@cornerstonejs/codec-charls/decodewasmjs";
  const load: LoadWasm<"J2KDecoder">;
  export default load;
}

declare module "jpeg-lossless-decoder-js" {
  export class Decoder {
    /** @returns bytes for up to 8 bits, else 16-bit words */
    decode(
      packed: ArrayBufferLike,
      offset?: number,
      length?: number,
      bytesPerSample?: number,
    ): Uint8Array | Uint16Array;
  }
}
