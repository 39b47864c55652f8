import * as tf from "@tensorflow/tfjs";
import type { RoundOutput } from "./attendWithinChunks";

/** Only masked logits, which are -1e9, are below this. */
const NOTHING_ATTENDED = -5e8;

/** Step 5: joins two rounds under one softmax, by the log-sum-exp of each. */
export function combine(a: RoundOutput | null, b: RoundOutput): RoundOutput {
  if (a === null) return b;
  return tf.tidy(() => {
    const largest = tf.maximum(a.lse, b.lse);
    const [shareA, shareB] = [a, b].map(({ lse }) => tf.exp(tf.sub(lse, largest)));
    const sum = tf.add<tf.Tensor2D>(shareA, shareB);
    return {
      lse: tf.add<tf.Tensor2D>(largest, tf.log(sum)),
      output: tf.add<tf.Tensor2D>(
        tf.mul(a.output, tf.div(shareA, sum)),
        tf.mul(b.output, tf.div(shareB, sum)),
      ),
    };
  });
}

/** bool `[rows, 1]`: tokens with nothing to attend to in any round. */
export function isAlone(lse: tf.Tensor2D): tf.Tensor2D {
  return tf.less(lse, NOTHING_ATTENDED);
}

/**
 * A token that attends to no other takes its own value: the limit of a soft mask (such as -5e4) on the token
 * itself, without its rounding errors.
 */
export function fallBackToOwnValue({ lse, output }: RoundOutput, v: tf.Tensor2D): RoundOutput {
  return tf.tidy(() => ({ lse: lse.clone(), output: tf.where(isAlone(lse), v, output) }));
}
