import * as tf from "@tensorflow/tfjs";
import { tfjsClass } from "../tfjsClasses";

/** The members of tfjs' Bidirectional that this file reads and replaces. */
interface Bidirectional {
  readonly returnSequences: boolean;
  readonly mergeMode: string | null;
  call: (
    this: Bidirectional,
    inputs: tf.Tensor | tf.Tensor[],
    kwargs: { readonly mask?: tf.Tensor | tf.Tensor[] | null } | null,
  ) => tf.Tensor | tf.Tensor[];
}

/**
 * Sets the masked steps of tfjs' Bidirectional to zero, as Keras does.
 *
 * A recurrent layer repeats its previous output at a masked step. After the backward layer's outputs
 * are reversed, those repeats line up with the forward layer's outputs for other tokens. Called once,
 * when this file is imported.
 */
function zeroMaskedSteps(): void {
  const prototype = tfjsClass("Bidirectional").prototype as Bidirectional;
  const { call } = prototype;
  prototype.call = function (inputs, kwargs) {
    const given = kwargs?.mask ?? null;
    const mask = Array.isArray(given) ? given[0] : given;
    if (mask === null || !this.returnSequences) return call.call(this, inputs, kwargs);
    return tf.tidy(() => {
      const outputs = call.call(this, inputs, kwargs);
      const isToken = tf.expandDims(tf.cast(tf.cast(mask, "bool"), "float32"), -1);
      if (!Array.isArray(outputs)) return tf.mul(outputs, isToken);
      const sequences = this.mergeMode === null ? 2 : 1;
      return outputs.map((output, i) => (i < sequences ? tf.mul(output, isToken) : output));
    });
  };
}

zeroMaskedSteps();
