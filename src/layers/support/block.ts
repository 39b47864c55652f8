import { ConvBlock } from "../ConvBlock";
import { ResNetBlock } from "../ResNetBlock";
import { ResNeXtBlock } from "../ResNeXtBlock";
import type { BlockArgs } from "./BlockLayer";

/** What a U-Net's level does with its features. */
export type BlockKind = "conv" | "resnet" | "resnext";

export const BLOCK_KINDS: readonly BlockKind[] = ["conv", "resnet", "resnext"];

/** The block of a kind; `cardinality` counts for `"resnext"` only. */
export function createBlock(
  kind: BlockKind,
  args: BlockArgs,
  cardinality: number,
): ConvBlock | ResNetBlock | ResNeXtBlock {
  switch (kind) {
    case "conv":
      return new ConvBlock(args);
    case "resnet":
      return new ResNetBlock(args);
    case "resnext":
      return new ResNeXtBlock({ ...args, cardinality });
  }
}
