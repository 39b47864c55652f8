/** Binary places of the fixed-point factors. */
const FACTOR_BITS = 13;
/** Binary places kept between the two passes, for samples of 12 bits. */
const KEPT_BITS = 1;
const fixed = (value: number): number => Math.round(value * 2 ** FACTOR_BITS);

const EVEN_ROTATION = fixed(0.5411961);
const EVEN_SINE = fixed(1.847759065);
const EVEN_COSINE = fixed(0.765366865);
const ODD_SHARED = fixed(1.175875602);
/** Factors of inputs 7, 5, 3 and 1. */
const ODD_OWN = [0.298631336, 2.053119869, 3.072711026, 1.50132111].map(fixed);
/** Factors of the sums of inputs 7 + 1, 5 + 3, 7 + 3 and 5 + 1. */
const ODD_SUMS = [-0.899976223, -2.562915447, -1.96157056, -0.390180644].map(fixed);

/** Transforms eight coefficients, `stride` apart, to eight samples in place, and drops `bits` binary places. */
function transformLine(block: Float64Array, at: number, stride: number, bits: number): void {
  const input = (index: number): number => block[at + index * stride];
  const shared = (input(2) + input(6)) * EVEN_ROTATION;
  const low = shared - input(6) * EVEN_SINE;
  const high = shared + input(2) * EVEN_COSINE;
  const sum = (input(0) + input(4)) * 2 ** FACTOR_BITS;
  const difference = (input(0) - input(4)) * 2 ** FACTOR_BITS;
  const even = [sum + high, difference + low, difference - low, sum - high];
  const [i7, i5, i3, i1] = [input(7), input(5), input(3), input(1)];
  const z5 = (i7 + i3 + i5 + i1) * ODD_SHARED;
  const z1 = (i7 + i1) * ODD_SUMS[0];
  const z2 = (i5 + i3) * ODD_SUMS[1];
  const z3 = (i7 + i3) * ODD_SUMS[2] + z5;
  const z4 = (i5 + i1) * ODD_SUMS[3] + z5;
  const odd = [
    i1 * ODD_OWN[3] + z1 + z4,
    i3 * ODD_OWN[2] + z2 + z3,
    i5 * ODD_OWN[1] + z2 + z4,
    i7 * ODD_OWN[0] + z1 + z3,
  ];
  const half = 2 ** (bits - 1);
  for (let i = 0; i < 4; i++) {
    block[at + i * stride] = Math.floor((even[i] + odd[i] + half) / 2 ** bits);
    block[at + (7 - i) * stride] = Math.floor((even[i] - odd[i] + half) / 2 ** bits);
  }
}

/**
 * The inverse discrete cosine transform of 8 x 8 coefficients, in place. It uses the integer arithmetic
 * of JPEG decoders (libjpeg's "islow" at 12 bits), so that samples equal theirs.
 *
 * @param block 64 dequantised coefficients, row by row; replaced by samples centred on 0
 * @see Loeffler, Ligtenberg and Moschytz, "Practical fast 1-D DCT algorithms with 11 multiplications",
 *   ICASSP 1989
 */
export function inverseDct(block: Float64Array): void {
  for (let column = 0; column < 8; column++) {
    transformLine(block, column, 8, FACTOR_BITS - KEPT_BITS);
  }
  for (let row = 0; row < 8; row++) {
    transformLine(block, 8 * row, 1, FACTOR_BITS + KEPT_BITS + 3);
  }
}
