import type * as tf from "@tensorflow/tfjs";
import { ConfigError } from "../../core/errors";
import { rejectUnknownOptions } from "../../core/unknownOptions";

/**
 * Random rotations of the hash, one tensor `[numHashes, dim, buckets / 2]` per factor; the number of
 * buckets is the product over the factors.
 */
export type Rotations = readonly tf.Tensor3D[];

/** Settings of LSH attention; the same names in the function and the layer. */
export interface LshSettings {
  /** Tokens in a chunk; a token reaches its own chunk and the one before. Default 64. */
  readonly bucketSize?: number;
  /** Rounds of hashing; default 4. */
  readonly numHashes?: number;
  /** Even; default the padded length over `bucketSize`. */
  readonly numBuckets?: number;
  /**
   * `"unitKey"` (default): keys of unit norm and no further scale, as in the Reformer authors' code.
   * `"sqrtDim"` divides by the root of the dimension too, as reformer-pytorch does.
   */
  readonly scale?: "unitKey" | "sqrtDim";
  /** Whether a token attends to everything in the two chunks, or (default) only to its own bucket. */
  readonly attendAcrossBuckets?: boolean;
  /** Whether a pair that meets in several rounds counts once (default), or each time. */
  readonly discountDuplicates?: boolean;
  /** Whether a token attends only to itself and earlier tokens; default false. */
  readonly causal?: boolean;
}

/** Options of {@link lshAttention}. */
export interface LshOptions extends LshSettings {
  /** `[batch, length]`, false or 0 for tokens that are not attended to. */
  readonly mask?: tf.Tensor2D;
  /** int32 `[2]`, from `SeedGenerator.next()`: fixes the rotations. Default `[0, 0]`. */
  readonly seed?: tf.Tensor1D;
  /** Rotations to use instead of drawn ones. */
  readonly rotations?: Rotations;
  /**
   * Buckets to use instead of hashed ones, int32 `[numHashes, batch, length, heads]`; see
   * `lshBuckets`. They must lie in [0, numBuckets).
   */
  readonly buckets?: tf.Tensor4D;
}

/** {@link LshSettings} with defaults filled in. */
export type FilledLshSettings = Required<Omit<LshSettings, "numBuckets">> &
  Pick<LshSettings, "numBuckets">;

const OPTIONS: readonly (keyof LshOptions)[] = [
  "bucketSize",
  "numHashes",
  "numBuckets",
  "scale",
  "attendAcrossBuckets",
  "discountDuplicates",
  "causal",
  "mask",
  "seed",
  "rotations",
  "buckets",
];

/** {@link fillLshSettings} of the options of a function, which has no others. */
export function checkLshOptions(where: string, options: LshOptions): FilledLshSettings {
  rejectUnknownOptions(where, options, OPTIONS);
  return fillLshSettings(where, options);
}

/** Fills in the defaults and checks the numbers. */
export function fillLshSettings(where: string, options: LshSettings): FilledLshSettings {
  const {
    bucketSize = 64,
    numHashes = 4,
    numBuckets,
    scale = "unitKey",
    attendAcrossBuckets = false,
    discountDuplicates = true,
    causal = false,
  } = options;
  for (const [name, value] of Object.entries({ bucketSize, numHashes })) {
    if (Number.isInteger(value) && value >= 1) continue;
    throw new ConfigError({
      where: `${where}.${name}`,
      expected: "an integer of at least 1",
      got: String(value),
    });
  }
  if (!["unitKey", "sqrtDim"].includes(scale)) {
    throw new ConfigError({
      where: `${where}.scale`,
      expected: '"unitKey" or "sqrtDim"',
      got: JSON.stringify(scale),
    });
  }
  const filled = { bucketSize, numHashes, scale, attendAcrossBuckets, discountDuplicates, causal };
  return numBuckets === undefined ? filled : { ...filled, numBuckets };
}
