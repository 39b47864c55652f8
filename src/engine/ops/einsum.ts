import * as tf from "@tensorflow/tfjs";
import "../../core/ops/einsum";
import type { PairEquation } from "../../core/ops/einsum";
import { registerNativeOp } from "../../core/ops/registry";
import { attr, rawOp } from "../rawOp";

function contract(a: tf.Tensor, b: tf.Tensor, { left, right, output }: PairEquation): tf.Tensor {
  const attrs = [
    attr.string("equation", `${left},${right}->${output}`),
    attr.int("N", 2),
    attr.type("T", "float32"),
  ];
  return rawOp("Einsum", attrs, [a, b]);
}

/** The gradient of one operand; constant along letters that occur only in that operand. */
function gradient(
  dy: tf.Tensor,
  other: tf.Tensor,
  letters: string,
  [output, otherLetters]: [string, string],
  shape: number[],
): tf.Tensor {
  return tf.tidy(() => {
    const known = [...letters].filter((letter) => (output + otherLetters).includes(letter));
    const equation = { left: output, right: otherLetters, output: known.join("") };
    const sizes = shape.map((size, axis) => (known.includes(letters[axis]) ? size : 1));
    // Uses the differentiable op rather than the raw one, so that this gradient has a gradient.
    return tf.broadcastTo(tf.reshape(native(dy, other, equation), sizes), shape);
  });
}

function native(a: tf.Tensor, b: tf.Tensor, equation: PairEquation): tf.Tensor {
  return tf.customGrad((x, y, save) => {
    const { left, right, output } = equation;
    const [first, second] = [x as tf.Tensor, y as tf.Tensor];
    (save as tf.GradSaveFunc)([first, second]);
    const gradFunc = (dy: tf.Tensor, [savedFirst, savedSecond]: tf.Tensor[]): tf.Tensor[] => [
      gradient(dy, savedSecond, left, [output, right], savedFirst.shape),
      gradient(dy, savedFirst, right, [output, left], savedSecond.shape),
    ];
    return { value: contract(first, second, equation), gradFunc };
  })(a, b);
}

registerNativeOp("einsum", ["Einsum"], native);
