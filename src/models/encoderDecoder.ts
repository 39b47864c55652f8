import * as tf from "@tensorflow/tfjs";
import { UNetDecoderBlock } from "../layers/UNetDecoderBlock";
import { imageInput } from "./imageInput";
import { rejectUnknownArguments } from "./modelArguments";
import type { ModelName } from "./modelNames";
import { checkSegmentationArgs, segmentationHead } from "./unetFamily";
import type { SegmentationArgs } from "./unetFamily";

/** Arguments of the U-Nets with a pretrained encoder. */
export interface PretrainedUNetArgs extends SegmentationArgs {
  /** Channels of the decoder, from 1/16 of the resolution to the full; default `[256, 128, 64, 32, 16]`. */
  readonly decoderFilters?: readonly [number, number, number, number, number];
}

/** Wires an encoder's features at 1/2 to 1/32 of the resolution. */
export type EncoderStages = (input: tf.SymbolicTensor, seed: number) => tf.SymbolicTensor[];

/** A U-Net on an encoder of five levels; the image itself is the skip of the last decoder level. */
export function encoderDecoder(
  name: ModelName,
  stages: EncoderStages,
  args: PretrainedUNetArgs,
): tf.LayersModel {
  rejectUnknownArguments(name, args);
  checkSegmentationArgs(name, args);
  const { numClasses, seed = 0 } = args;
  const { decoderFilters = [256, 128, 64, 32, 16] } = args;
  const { input, image } = imageInput(args);
  const levels = stages(image, seed);
  const skips = [image, ...levels.slice(0, -1)].reverse();
  const features = skips.reduce(
    (coarse, skip, index) => {
      const decoder = `decoder${skips.length - 1 - index}`;
      const block = new UNetDecoderBlock({ name: decoder, filters: decoderFilters[index], seed });
      return block.apply([coarse, skip]) as tf.SymbolicTensor;
    },
    levels[levels.length - 1],
  );
  return tf.model({ inputs: input, outputs: segmentationHead(features, numClasses, seed), name });
}
