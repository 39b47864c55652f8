import type * as tf from "@tensorflow/tfjs";
import { encoderDecoder } from "./encoderDecoder";
import type { PretrainedUNetArgs } from "./encoderDecoder";
import { resnext50Stages } from "./resnext50";

/**
 * A U-Net whose encoder is torchvision's ResNeXt-50 32x4d, for weights learned on ImageNet.
 *
 * The encoder's five levels (1/2 to 1/32 of the resolution) are the skips; the image itself is the
 * skip of the last level. Any size and number of channels works, but the ImageNet weights expect three
 * normalised channels: see {@link loadEncoder}.
 *
 * @returns `[batch, height, width, channels]` to probabilities `[batch, height, width, numClasses]`;
 * the last layers are `logits` and `softmax`
 * @throws ConfigError for arguments outside their range
 * @example
 * const model = resnextUnet({ inputShape: [37, 41, 3], numClasses: 4 });
 * model.outputShape; // [null, 37, 41, 4]
 * @see Xie et al. 2017, arXiv:1611.05431; Ronneberger et al. 2015, arXiv:1505.04597
 */
export function resnextUnet(args: PretrainedUNetArgs): tf.LayersModel {
  return encoderDecoder("resnextUnet", resnext50Stages, args);
}
