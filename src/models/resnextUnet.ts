import * as tf from "@tensorflow/tfjs";
import { UNetDecoderBlock } from "../layers/UNetDecoderBlock";
import { refuseUnknownArguments } from "./modelArguments";
import { resnext50Stages, torchvisionNames } from "./resnext50";
import { checkSegmentationArgs, segmentationHead } from "./unetFamily";
import type { SegmentationArgs } from "./unetFamily";
import type { WeightMap } from "../core/weights/WeightTensor";
import { assignWeights } from "./weights/assignWeights";

/** What {@link resnextUnet} takes. */
export interface ResNeXtUnetArgs extends SegmentationArgs {
  /** Channels of the decoder, from 1/16 of the resolution to the full; default `[256, 128, 64, 32, 16]`. */
  readonly decoderFilters?: readonly [number, number, number, number, number];
}

/**
 * A U-Net whose encoder is torchvision's ResNeXt-50 32x4d, for weights learned on ImageNet.
 *
 * The encoder's five levels (1/2 to 1/32 of the resolution) are the skips; the image itself is the
 * skip of the last level. Any size and number of channels will do, though ImageNet's weights want
 * three channels, normalised: see {@link loadEncoder}.
 *
 * @returns `[batch, height, width, channels]` to probabilities `[batch, height, width, numClasses]`;
 * the last layers are `logits` and `softmax`
 * @throws ConfigError for arguments outside their range
 * @example
 * const model = resnextUnet({ inputShape: [37, 41, 3], numClasses: 4 });
 * model.outputShape; // [null, 37, 41, 4]
 * @see Xie et al. 2017, arXiv:1611.05431; Ronneberger et al. 2015, arXiv:1505.04597
 */
export function resnextUnet(args: ResNeXtUnetArgs): tf.LayersModel {
  refuseUnknownArguments("resnextUnet", args);
  checkSegmentationArgs("resnextUnet", args);
  const { inputShape, numClasses, seed = 0 } = args;
  const { decoderFilters = [256, 128, 64, 32, 16] } = args;
  const input = tf.input({ shape: [...inputShape], name: "image" });
  const levels = resnext50Stages(input, seed);
  const skips = [input, ...levels.slice(0, -1)].reverse();
  const outputs = skips.reduce(
    (features, skip, index) => {
      const name = `decoder${skips.length - 1 - index}`;
      const decoder = new UNetDecoderBlock({ name, filters: decoderFilters[index], seed });
      return decoder.apply([features, skip]) as tf.SymbolicTensor;
    },
    levels[levels.length - 1],
  );
  return tf.model({
    inputs: input,
    outputs: segmentationHead(outputs, numClasses, seed),
    name: "resnextUnet",
  });
}

/**
 * Puts torchvision's ResNeXt-50 32x4d weights into the encoder of a {@link resnextUnet}; its
 * classifier is left over.
 *
 * @param model of {@link resnextUnet} with three input channels
 * @param tensors as torchvision names them, e.g. from `readSafetensorsFile`
 * @throws DataError naming the first tensor that is missing, of another shape, or extra
 */
export function loadEncoder(model: tf.LayersModel, tensors: WeightMap): void {
  assignWeights(model, tensors, {
    ...torchvisionNames,
    covers: (ownName) => /^(stem|layer\d\.\d+)\//.test(ownName),
    mayIgnore: (name) => name.startsWith("fc.") || name.endsWith("num_batches_tracked"),
  });
}
