/** A layer with its arguments and input shapes, to be run forward and backward. */
export interface BrowserCase {
  /** The name that `src/layers` exports it under. */
  readonly layer: string;
  readonly args: Readonly<Record<string, unknown>>;
  readonly inputs: readonly (readonly number[])[];
  /** Suffixes of the names of gradients that are zero by design: their rounding noise is not compared. */
  readonly zeroGradients?: readonly string[];
}

const image = [2, 5, 7, 6];
const blocks = { filters: 5, seed: 3 };

/** Every layer once. */
export const BROWSER_CASES: readonly BrowserCase[] = [
  { layer: "GroupedConv2D", args: { filters: 10, kernelSize: 3, groups: 2 }, inputs: [image] },
  { layer: "BatchNormalization", args: {}, inputs: [image] },
  { layer: "GroupNormalization", args: { groups: 3 }, inputs: [image] },
  { layer: "ConvBlock", args: blocks, inputs: [image] },
  { layer: "ResNetBlock", args: { ...blocks, strides: 2 }, inputs: [image] },
  { layer: "ResNeXtBlock", args: { ...blocks, cardinality: 3 }, inputs: [image] },
  { layer: "ResNetStem", args: blocks, inputs: [[2, 13, 11, 3]] },
  { layer: "VGGStage", args: blocks, inputs: [image] },
  { layer: "ScoreFusion", args: { filters: 3 }, inputs: [[2, 3, 4, 3], image] },
  { layer: "ResizeLike", args: {}, inputs: [[2, 3, 2, 3], image] },
  { layer: "SeededDropout", args: { rate: 0.3 }, inputs: [image] },
  { layer: "AttentionGate", args: blocks, inputs: [image, [2, 3, 4, 7]] },
  { layer: "UNetEncoderBlock", args: { ...blocks, block: "resnext" }, inputs: [image] },
  {
    layer: "UNetDecoderBlock",
    args: { ...blocks, block: "resnet", attention: "lsh", bucketSize: 4, numHashes: 2 },
    inputs: [[2, 3, 4, 7], image],
  },
  {
    layer: "LSHAttention",
    args: { numHeads: 2, keyDim: 5, bucketSize: 4, numHashes: 2 },
    inputs: [[2, 19, 6]],
  },
  {
    layer: "MultiHeadAttention",
    args: { numHeads: 2, keyDim: 3 },
    inputs: [[2, 11, 6]],
    zeroGradients: ["key/bias"],
  },
  {
    layer: "ScaledDotProductAttention",
    args: {},
    inputs: [
      [2, 7, 5],
      [2, 11, 3],
      [2, 11, 5],
    ],
  },
  { layer: "Add", args: {}, inputs: [image, image] },
  { layer: "AlphaDropout", args: { rate: 0.3, seed: 5 }, inputs: [image] },
  { layer: "CBAM", args: { ratio: 3, kernelSize: 5, seed: 5 }, inputs: [image] },
  { layer: "DropPath", args: { rate: 0.3, seed: 5 }, inputs: [image] },
  { layer: "GaussianDropout", args: { rate: 0.3, seed: 5 }, inputs: [image] },
  { layer: "GaussianNoise", args: { stddev: 0.3, seed: 5 }, inputs: [image] },
  {
    layer: "GroupedConv1D",
    args: { filters: 6, kernelSize: 5, strides: 2, padding: 1, groups: 2 },
    inputs: [[2, 11, 4]],
  },
  {
    layer: "GroupedConv3D",
    args: { filters: 6, kernelSize: 3, groups: 2 },
    inputs: [[2, 3, 5, 4, 4]],
  },
  { layer: "LayerNormalization", args: {}, inputs: [image] },
  { layer: "MultiResBlock", args: blocks, inputs: [image] },
  { layer: "PositionEmbedding", args: { sequenceLength: 11, seed: 2 }, inputs: [[2, 11, 7]] },
  { layer: "PerImageStandardization", args: {}, inputs: [image] },
  { layer: "RMSNormalization", args: {}, inputs: [image] },
  { layer: "RecurrentConvBlock", args: { ...blocks, steps: 2 }, inputs: [image] },
  { layer: "ResPath", args: { ...blocks, length: 2 }, inputs: [image] },
  { layer: "SinePositionEncoding", args: {}, inputs: [[2, 5, 7]] },
  { layer: "SpatialDropout", args: { rate: 0.3, seed: 5 }, inputs: [image] },
  { layer: "SqueezeExcitation", args: { ratio: 3, seed: 5 }, inputs: [image] },
  {
    layer: "TransformerBlock",
    args: { numHeads: 2, keyDim: 3 },
    inputs: [[2, 11, 6]],
    zeroGradients: ["key/bias"],
  },
  { layer: "UpsampleConcat", args: blocks, inputs: [[2, 3, 4, 7], image] },
  {
    layer: "WindowAttention",
    args: { numHeads: 2, windowSize: [2, 3], shiftSize: [1, 2], seed: 3 },
    inputs: [[2, 5, 7, 4]],
    zeroGradients: ["key/bias"],
  },
];
