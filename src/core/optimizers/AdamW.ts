import * as tf from "@tensorflow/tfjs";
import { Adam } from "./Adam";
import type { AdamOptions } from "./Adam";

/** Of {@link AdamW}: those of Adam; `weightDecay` defaults to 0.004, as in Keras. */
export type AdamWOptions = AdamOptions;

/**
 * Adam with decoupled weight decay. Kernels only, where Keras' and PyTorch's decay biases too unless
 * told otherwise.
 *
 * @see Loshchilov and Hutter 2019, arXiv:1711.05101
 */
export class AdamW extends Adam {
  static override className = "LayerbookAdamW";

  constructor(options: AdamWOptions) {
    super({ weightDecay: 0.004, ...options });
  }
}

tf.serialization.registerClass(AdamW);
