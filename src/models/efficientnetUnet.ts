import type * as tf from "@tensorflow/tfjs";
import { efficientnetLite0Stages } from "./efficientnetLite0";
import { encoderDecoder } from "./encoderDecoder";
import type { PretrainedUNetArgs } from "./encoderDecoder";

/**
 * A U-Net whose encoder is EfficientNet-Lite0, for weights learned on ImageNet; see
 * {@link loadEncoder}.
 *
 * The encoder's five levels (1/2 to 1/32 of the resolution) are the skips; the image itself is the
 * skip of the last level. Any size and number of channels works.
 *
 * @returns `[batch, height, width, channels]` to probabilities `[batch, height, width, numClasses]`;
 * the last layers are `logits` and `softmax`
 * @throws ConfigError for arguments outside their range
 * @example
 * const model = efficientnetUnet({ inputShape: [37, 41, 1], numClasses: 4 });
 * model.outputShape; // [null, 37, 41, 4]
 * @see Tan and Le 2019, arXiv:1905.11946; Ronneberger et al. 2015, arXiv:1505.04597
 */
export function efficientnetUnet(args: PretrainedUNetArgs): tf.LayersModel {
  return encoderDecoder("efficientnetUnet", efficientnetLite0Stages, args);
}
