import * as tf from "@tensorflow/tfjs";
import { Adam } from "./Adam";
import type { AdamOptions } from "./Adam";

/** Options of {@link AdamW}: those of Adam; `weightDecay` defaults to 0.004, as in Keras. */
export type AdamWOptions = AdamOptions;

/**
 * Adam with decoupled weight decay. Decays kernels only, whereas Keras and PyTorch decay biases too by
 * default.
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
