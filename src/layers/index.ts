// Every layer, one line each.
export { AttentionGate } from "./AttentionGate";
export { BatchNormalization } from "./BatchNormalization";
export { ConvBlock } from "./ConvBlock";
export { GroupedConv2D } from "./GroupedConv2D";
export { GroupNormalization, groupNormalize } from "./GroupNormalization";
export { LSHAttention } from "./LSHAttention";
export { lshAttention, lshBuckets } from "./lsh/lshAttention";
export { MultiHeadAttention } from "./MultiHeadAttention";
export { ResNetBlock } from "./ResNetBlock";
export { ResNetStem } from "./ResNetStem";
export { ResNeXtBlock } from "./ResNeXtBlock";
export { scaledDotProductAttention } from "./attention/scaledDotProductAttention";
export { ScaledDotProductAttention } from "./ScaledDotProductAttention";
export { UNetDecoderBlock } from "./UNetDecoderBlock";
export { UNetEncoderBlock } from "./UNetEncoderBlock";
