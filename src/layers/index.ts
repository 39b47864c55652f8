// Every layer, one line each.
export { AttentionGate } from "./AttentionGate";
export { BatchNormalization } from "./BatchNormalization";
export { ConvBlock } from "./ConvBlock";
export { GroupNormalization, groupNormalize } from "./GroupNormalization";
export { GroupedConv2D } from "./GroupedConv2D";
export { LSHAttention } from "./LSHAttention";
export { lshAttention, lshBuckets } from "./lsh/lshAttention";
export { ResNetBlock } from "./ResNetBlock";
export { ResNeXtBlock } from "./ResNeXtBlock";
export { UNetDecoderBlock } from "./UNetDecoderBlock";
export { UNetEncoderBlock } from "./UNetEncoderBlock";
