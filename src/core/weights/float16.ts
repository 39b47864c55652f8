const scratch = new DataView(new ArrayBuffer(4));

/** The largest finite number of IEEE half precision. */
export const LARGEST_FLOAT16 = 65504;

/** The bits of the half-precision number nearest to a value; ties go to the even one. */
function halfBits(value: number): number {
  scratch.setFloat32(0, value);
  const bits = scratch.getUint32(0);
  const sign = (bits >>> 16) & 0x8000;
  const magnitude = bits & 0x7fffffff;
  if (magnitude > 0x7f800000) return sign | 0x7e00;
  // From 65520 on, the nearest value would be 2^16, which half precision cannot represent.
  if (magnitude >= 0x477ff000) return sign | 0x7c00;
  if (magnitude < 0x38800000) return sign | roundHalfEven(Math.abs(value) * 2 ** 24);
  // Drops thirteen bits of the fraction; a carry from rounding goes into the exponent.
  return sign | ((magnitude + 0xfff + ((magnitude >>> 13) & 1) - 0x38000000) >>> 13);
}

function roundHalfEven(value: number): number {
  const below = Math.floor(value);
  const rest = value - below;
  return rest > 0.5 || (rest === 0.5 && below % 2 === 1) ? below + 1 : below;
}

/**
 * Rounds to half precision as in IEEE 754: to nearest, ties to even, infinity from 65520 on.
 *
 * @returns the bits of each number
 * @example
 * Array.from(toFloat16([1, -2, 0.1])); // [15360, 49152, 11878]
 */
export function toFloat16(values: ArrayLike<number>): Uint16Array {
  return Uint16Array.from({ length: values.length }, (_, index) => halfBits(values[index]));
}

/** The value of a half-precision number given as bits. */
export function fromFloat16(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 0x1f) return fraction === 0 ? sign * Infinity : NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
