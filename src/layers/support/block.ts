import { ConvBlock } from "../ConvBlock";
import { ResNetBlock } from "../ResNetBlock";
import { ResNeXtBlock } from "../ResNeXtBlock";
import type { BlockArgs, SpatialArgs } from "./BlockLayer";

/** The kind of block at each U-Net level. */
export type BlockKind = "conv" | "resnet" | "resnext";

export const BLOCK_KINDS: readonly BlockKind[] = ["conv", "resnet", "resnext"];

/** Arguments that only a `"resnext"` block has. */
export interface PathArgs {
  /** Number of paths. */
  readonly cardinality: number;
  /** Channels of each path; absent or `null` for ResNeXtBlock's own choice. */
  readonly pathWidth?: number | null;
}

/** The block of a kind; `paths` is used only by `"resnext"`. */
export function createBlock(
  kind: BlockKind,
  args: BlockArgs & SpatialArgs,
  { cardinality, pathWidth = null }: PathArgs,
): ConvBlock | ResNetBlock | ResNeXtBlock {
  switch (kind) {
    case "conv":
      return new ConvBlock(args);
    case "resnet":
      return new ResNetBlock(args);
    case "resnext":
      return new ResNeXtBlock({
        ...args,
        cardinality,
        ...(pathWidth === null ? {} : { width: cardinality * pathWidth }),
      });
  }
}
