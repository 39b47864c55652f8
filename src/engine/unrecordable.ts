/** Why an op cannot be recorded, and what to do instead. */
interface Obstacle {
  readonly expected: string;
  readonly remedy: string;
}

/** Remedy for random numbers that a recorded step would repeat. */
export const SEEDED_REMEDY =
  "Use layerbook's SeededDropout, SpatialDropout, GaussianDropout, GaussianNoise or AlphaDropout in " +
  "place of tf.layers' own; in a function, statelessUniform, statelessNormal or statelessDropout " +
  "with SeedGenerator.next(). They draw new numbers in each step and resume from a checkpoint.";

const random: Obstacle = {
  expected: "random ops that take a seed tensor",
  remedy: SEEDED_REMEDY,
};
const dataDependent: Obstacle = {
  expected: "ops whose output has the same shape for every batch",
  remedy: "Mask with tf.where or a product, or do it outside the recorded function.",
};
const outside: Obstacle = {
  expected: "ops that compute with tensors alone",
  remedy: "Do it outside the recorded function.",
};

const obstacles = new Map<string, Obstacle>();
const add = (names: string, obstacle: Obstacle): void => {
  for (const name of names.split(" ")) obstacles.set(name, obstacle);
};
add(
  "Multinomial RandomUniform RandomUniformInt RandomStandardNormal TruncatedNormal RandomGamma " +
    "RandomShuffle ParameterizedTruncatedNormal",
  random,
);
add(
  "Where Unique UniqueV2 NonMaxSuppressionV3 NonMaxSuppressionV4 NonMaxSuppressionV5 Bincount",
  dataDependent,
);
add(
  "DecodeBmp DecodeGif DecodeJpeg DecodePng EncodeJpeg EncodePng StaticRegexReplace " +
    "CreateSummaryFileWriter FlushSummaryWriter WriteSummary WriteScalarSummary " +
    "WriteHistogramSummary HashTableV2 LookupTableFindV2 LookupTableImportV2",
  outside,
);

/** Why an op cannot be used in a recorded function; `null` if it can. */
export function recordingObstacle(op: string): Obstacle | null {
  return obstacles.get(op) ?? null;
}
