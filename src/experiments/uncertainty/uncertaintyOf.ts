import { ConfigError } from "../../core/errors";

/** The uncertainty of several probabilistic predictions of the same voxels, in nats. */
export interface UncertaintyValues {
  /** Mean probabilities, `[voxels, classes]`. */
  readonly mean: Float32Array;
  /** Entropy of the mean per voxel: the total uncertainty. */
  readonly entropy: Float32Array;
  /** Mean of the members' entropies: the uncertainty in the image (aleatoric). */
  readonly expectedEntropy: Float32Array;
  /** Their difference, never below 0: the disagreement of the members (epistemic). */
  readonly mutualInformation: Float32Array;
}

/**
 * Splits the uncertainty of an ensemble, or of several draws of one network, into its two parts.
 *
 * @param members probabilities `[voxels, classes]` of each member, row-major
 * @throws ConfigError if there are no members, if their lengths differ or are not a multiple of the classes, or for
 *   values that are not probabilities
 * @example
 * const split = uncertaintyOf([Float32Array.of(1, 0), Float32Array.of(0, 1)], 2);
 * split.mutualInformation[0].toFixed(4); // "0.6931"
 * split.expectedEntropy[0]; // 0
 * @see Depeweg et al. 2018, arXiv:1710.07283; Lakshminarayanan et al. 2017, arXiv:1612.01474
 */
export function uncertaintyOf(
  members: readonly Float32Array[],
  numClasses: number,
): UncertaintyValues {
  const length = members[0]?.length ?? 0;
  const isWhole = Number.isInteger(numClasses) && numClasses >= 2 && length % numClasses === 0;
  if (!isWhole || length === 0 || members.some((member) => member.length !== length)) {
    throw new ConfigError({
      where: "uncertaintyOf.members",
      expected: `at least one, all with ${numClasses} probabilities for each of the same voxels`,
      got: `lengths [${members.map((member) => member.length).join(", ")}]`,
    });
  }
  for (const [index, member] of members.entries()) {
    const wrong = member.find((value) => !(value >= 0 && value <= MOST));
    if (wrong === undefined) continue;
    throw new ConfigError({
      where: `uncertaintyOf.members[${index}]`,
      expected: "probabilities, from 0 to 1",
      got: String(wrong),
      remedy: "Apply softmax to scores first.",
    });
  }
  const voxels = length / numClasses;
  const values: UncertaintyValues = {
    mean: new Float32Array(length),
    entropy: new Float32Array(voxels),
    expectedEntropy: new Float32Array(voxels),
    mutualInformation: new Float32Array(voxels),
  };
  for (let voxel = 0; voxel < voxels; voxel++) {
    let total = 0;
    let expected = 0;
    for (let at = voxel * numClasses; at < (voxel + 1) * numClasses; at++) {
      let sum = 0;
      for (const member of members) {
        sum += member[at];
        expected += surprise(member[at]);
      }
      const mean = sum / members.length;
      values.mean[at] = mean;
      total += surprise(mean);
    }
    expected /= members.length;
    values.entropy[voxel] = total;
    values.expectedEntropy[voxel] = expected;
    // Rounding may make a difference of 0 negative.
    values.mutualInformation[voxel] = Math.max(0, total - expected);
  }
  return values;
}

/** 1 plus a tolerance for rounding. */
const MOST = 1 + 1e-3;

/** `−p log p`, 0 at 0. */
const surprise = (p: number): number => (p > 0 ? -p * Math.log(p) : 0);
