import { fromFloat16 } from "./float16";

/** A number type of a safetensors file and how its bytes are decoded. */
interface ElementType {
  readonly bytes: number;
  readonly decode: (view: DataView, count: number) => Float32Array | Int32Array;
}

function floats(bytes: number, at: (view: DataView, offset: number) => number): ElementType {
  const decode = (view: DataView, count: number): Float32Array =>
    Float32Array.from({ length: count }, (_, index) => at(view, index * bytes));
  return { bytes, decode };
}

function integers(bytes: number, at: (view: DataView, offset: number) => number): ElementType {
  const decode = (view: DataView, count: number): Int32Array =>
    Int32Array.from({ length: count }, (_, index) => at(view, index * bytes));
  return { bytes, decode };
}

/** A plain copy of the bytes: the format and every supported machine are little-endian. */
function bytesOf(view: DataView): ArrayBuffer {
  return Uint8Array.from(new Uint8Array(view.buffer, view.byteOffset, view.byteLength)).buffer;
}

const scratch = new DataView(new ArrayBuffer(4));

/** bfloat16 is the upper half of a float32. */
function fromBfloat16(bits: number): number {
  scratch.setUint32(0, bits << 16);
  return scratch.getFloat32(0);
}

/** int64 counters, such as PyTorch's `num_batches_tracked`; past 2^31 they saturate. */
function fromInt64(view: DataView, offset: number): number {
  const value = view.getBigInt64(offset, true);
  return Number(value < -0x80000000n ? -0x80000000n : value > 0x7fffffffn ? 0x7fffffffn : value);
}

/** The number types that can be read, by safetensors' names. Half precision widens to float32. */
export const ELEMENT_TYPES: Readonly<Record<string, ElementType>> = {
  F64: floats(8, (view, offset) => view.getFloat64(offset, true)),
  F32: { bytes: 4, decode: (view) => new Float32Array(bytesOf(view)) },
  F16: floats(2, (view, offset) => fromFloat16(view.getUint16(offset, true))),
  BF16: floats(2, (view, offset) => fromBfloat16(view.getUint16(offset, true))),
  I64: integers(8, fromInt64),
  I32: { bytes: 4, decode: (view) => new Int32Array(bytesOf(view)) },
  I16: integers(2, (view, offset) => view.getInt16(offset, true)),
  I8: integers(1, (view, offset) => view.getInt8(offset)),
  U8: integers(1, (view, offset) => view.getUint8(offset)),
  BOOL: integers(1, (view, offset) => view.getUint8(offset)),
};
