/** A weight as stored in a file: plain numbers, row-major. */
export interface WeightTensor {
  readonly shape: readonly number[];
  readonly values: Float32Array | Int32Array;
}

/** Weights by name, in the file's order. */
export type WeightMap = ReadonlyMap<string, WeightTensor>;

/** A source of bytes: a complete file in memory, or one that is read piece by piece. */
export interface ByteSource {
  readonly size: number;
  /** Exactly these bytes; the caller has checked that they are in range. */
  read(offset: number, length: number): Uint8Array;
}

/** A source over bytes in memory. */
export function bytesSource(bytes: Uint8Array): ByteSource {
  return {
    size: bytes.byteLength,
    read: (offset, length) => bytes.subarray(offset, offset + length),
  };
}
