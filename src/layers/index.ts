// Every layer, one line per module.
export { Add } from "./Add";
export { AlphaDropout, type AlphaDropoutArgs } from "./AlphaDropout";
export { AttentionGate, type AttentionGateArgs } from "./AttentionGate";
export { BatchNormalization, type BatchNormalizationArgs } from "./BatchNormalization";
export { CBAM, type CBAMArgs } from "./CBAM";
export { ConvBlock, type ConvBlockArgs } from "./ConvBlock";
export { DropPath, type DropPathArgs } from "./DropPath";
export { GaussianDropout, type GaussianDropoutArgs } from "./GaussianDropout";
export { GaussianNoise, type GaussianNoiseArgs } from "./GaussianNoise";
export { GroupedConv1D, type GroupedConv1DArgs } from "./GroupedConv1D";
export { GroupedConv2D, type GroupedConv2DArgs } from "./GroupedConv2D";
export { GroupedConv3D, type GroupedConv3DArgs } from "./GroupedConv3D";
export {
  GroupNormalization,
  groupNormalize,
  type GroupNormalizationArgs,
} from "./GroupNormalization";
export { LayerNormalization, type LayerNormalizationArgs } from "./LayerNormalization";
export { LSHAttention, type LSHAttentionArgs, type LSHAttentionCall } from "./LSHAttention";
export { lshAttention, lshBuckets } from "./lsh/lshAttention";
export {
  MultiHeadAttention,
  type MultiHeadAttentionArgs,
  type MultiHeadAttentionCall,
} from "./MultiHeadAttention";
export { MultiResBlock, multiResFilters, type MultiResBlockArgs } from "./MultiResBlock";
export { PerImageStandardization } from "./PerImageStandardization";
export { PositionEmbedding, type PositionEmbeddingArgs } from "./PositionEmbedding";
export { RecurrentConvBlock, type RecurrentConvBlockArgs } from "./RecurrentConvBlock";
export { ResizeLike } from "./ResizeLike";
export { ResNetBlock, type ResNetBlockArgs } from "./ResNetBlock";
export { ResNetStem, type ResNetStemArgs } from "./ResNetStem";
export { ResNeXtBlock, type ResNeXtBlockArgs } from "./ResNeXtBlock";
export { ResPath, type ResPathArgs } from "./ResPath";
export { RMSNormalization, type RMSNormalizationArgs } from "./RMSNormalization";
export { rotaryEmbedding, type RotaryOptions } from "./attention/rotaryEmbedding";
export {
  ScaledDotProductAttention,
  type ScaledDotProductAttentionArgs,
  type ScaledDotProductAttentionCall,
} from "./ScaledDotProductAttention";
export {
  scaledDotProductAttention,
  type AttentionOptions,
  type WeightedAttention,
} from "./attention/scaledDotProductAttention";
export { ScoreFusion, type ScoreFusionArgs } from "./ScoreFusion";
export { SeededDropout, type SeededDropoutArgs } from "./SeededDropout";
export { SinePositionEncoding, type SinePositionEncodingArgs } from "./SinePositionEncoding";
export { SpatialDropout, type SpatialDropoutArgs } from "./SpatialDropout";
export { SqueezeExcitation, type SqueezeExcitationArgs } from "./SqueezeExcitation";
export {
  TransformerBlock,
  type TransformerAttention,
  type TransformerBlockArgs,
  type TransformerBlockCall,
} from "./TransformerBlock";
export {
  UNetDecoderBlock,
  type UNetDecoderBlockArgs,
  type DecoderAttention,
} from "./UNetDecoderBlock";
export { UNetEncoderBlock, type UNetEncoderBlockArgs } from "./UNetEncoderBlock";
export { UpsampleConcat, type UpsampleConcatArgs, type Upsampling } from "./UpsampleConcat";
export { VGGStage, type VGGStageArgs } from "./VGGStage";
export { WindowAttention, type WindowAttentionArgs } from "./WindowAttention";
// For custom layers.
export {
  BookLayer,
  type CallOptions,
  type LayerOptions,
  type ApplyArguments,
  type ApplyResult,
} from "./support/BookLayer";
export { CompositeLayer } from "./support/CompositeLayer";
export { SeededLayer } from "./support/SeededLayer";
// Types of arguments.
export type { Activation } from "./support/activations";
export type { AttentionCall, AttentionMaskInput } from "./attention/attentionMask";
export type { BlockKind } from "./support/block";
export type { BlockArgs, BlockLayer, FilledArgs, SpatialArgs } from "./support/BlockLayer";
export type { Pair, Triple } from "./support/checkArgs";
export type { Normalization, NormalizationArgs, ConvUnit, SpatialDims } from "./support/ConvUnit";
export type { GroupedConv, GroupedConvArgs } from "./support/GroupedConv";
export type { KernelInitializer } from "./support/initializers";
export type { LastAxisLayer } from "./support/LastAxisLayer";
export type { CountsOperations } from "./support/operations";
export type { LshOptions, LshSettings, FilledLshSettings, Rotations } from "./lsh/options";
export type { ResidualLayer } from "./support/ResidualLayer";
export type { SelfAttentionKind } from "./support/selfAttention";
