import * as tf from "@tensorflow/tfjs";
import { ShapeError } from "../errors";
import { formatShape } from "../shapes";
import { defineOp } from "./registry";

/** One contraction of two tensors: the letters of each and of the result. */
export interface PairEquation {
  readonly left: string;
  readonly right: string;
  readonly output: string;
}

const common = (a: string, b: string): string =>
  [...a].filter((letter) => b.includes(letter)).join("");
const without = (a: string, b: string): string =>
  [...a].filter((letter) => !b.includes(letter)).join("");

/** The axes of `from` in the order of `to`. */
const axes = (from: string, to: string): number[] => [...to].map((letter) => from.indexOf(letter));

const product = (sizes: readonly number[]): number =>
  sizes.reduce((total, size) => total * size, 1);

/** Sums over the letters that are neither in the other tensor nor in the result. */
function sumOut(x: tf.Tensor, letters: string, kept: string): { x: tf.Tensor; letters: string } {
  const lone = without(letters, kept);
  if (lone === "") return { x, letters };
  return { x: tf.sum(x, axes(letters, lone)), letters: without(letters, lone) };
}

/**
 * As one matrix product: shared letters kept in the output are batch axes, the other shared letters
 * are the contracted axis.
 */
function composite(a: tf.Tensor, b: tf.Tensor, { left, right, output }: PairEquation): tf.Tensor {
  return tf.tidy(() => {
    const l = sumOut(a, left, right + output);
    const r = sumOut(b, right, left + output);
    const shared = common(l.letters, r.letters);
    const batch = common(shared, output);
    const inner = without(shared, output);
    const [outerLeft, outerRight] = [without(l.letters, shared), without(r.letters, shared)];
    const sizesOf = (x: tf.Tensor, from: string, to: string): number[] =>
      axes(from, to).map((axis) => x.shape[axis]);
    const batchSizes = sizesOf(l.x, l.letters, batch);
    const leftSizes = sizesOf(l.x, l.letters, outerLeft);
    const rightSizes = sizesOf(r.x, r.letters, outerRight);
    const innerSize = product(sizesOf(l.x, l.letters, inner));
    const matrixLeft = tf.reshape<tf.Rank.R3>(
      tf.transpose(l.x, axes(l.letters, batch + outerLeft + inner)),
      [product(batchSizes), product(leftSizes), innerSize],
    );
    const matrixRight = tf.reshape<tf.Rank.R3>(
      tf.transpose(r.x, axes(r.letters, batch + inner + outerRight)),
      [product(batchSizes), innerSize, product(rightSizes)],
    );
    const result = tf.reshape(tf.matMul(matrixLeft, matrixRight), [
      ...batchSizes,
      ...leftSizes,
      ...rightSizes,
    ]);
    return tf.transpose(result, axes(batch + outerLeft + outerRight, output));
  });
}

/** Contracts two tensors; {@link einsum} checks and splits equations for it. */
export const contractPair = defineOp("einsum", composite);

interface Equation {
  readonly operands: readonly string[];
  readonly output: string;
}

function fail(equation: string, expected: string, got: string, remedy?: string): never {
  throw new ShapeError({
    where: `einsum("${equation}")`,
    expected,
    got,
    ...(remedy === undefined ? {} : { remedy }),
  });
}

function parse(equation: string): Equation {
  const match = /^([A-Za-z]*(?:,[A-Za-z]*)*)(?:->([A-Za-z]*))?$/.exec(equation.replace(/\s/g, ""));
  if (match === null) {
    fail(equation, "letters, commas and one arrow", "other characters", "Write `...` as letters.");
  }
  const operands = match[1].split(",");
  for (const letters of operands) {
    if (new Set(letters).size === letters.length) continue;
    fail(equation, "each letter once in a tensor", letters, "Diagonals are not supported.");
  }
  const all = operands.join("");
  const once = [...new Set(all)].filter((letter) => all.split(letter).length === 2);
  const output = match[2] ?? once.sort().join("");
  if (new Set(output).size !== output.length || without(output, all) !== "") {
    fail(equation, `letters of "${all}", each once, after the arrow`, output);
  }
  return { operands, output };
}

function checkSizes(equation: string, { operands }: Equation, tensors: readonly tf.Tensor[]): void {
  if (operands.length !== tensors.length) {
    fail(equation, `${operands.length} tensors`, String(tensors.length));
  }
  const sizes = new Map<string, number>();
  operands.forEach((letters, index) => {
    const { shape } = tensors[index];
    if (shape.length !== letters.length) {
      fail(equation, `${letters.length} axes in tensor ${index}`, formatShape(shape));
    }
    [...letters].forEach((letter, axis) => {
      const size = sizes.get(letter) ?? shape[axis];
      if (size !== shape[axis]) {
        fail(equation, `size ${size} for "${letter}" in tensor ${index}`, formatShape(shape));
      }
      sizes.set(letter, size);
    });
  });
}

/**
 * Einstein summation (tfjs' own has no gradient): products of tensors, summed over the letters that
 * are missing after the arrow. Takes any number of tensors, contracted from the left.
 *
 * @param equation e.g. `"bqd,bkd->bqk"`; without an arrow, the output is the letters that occur once,
 * sorted
 * @param tensors one per group of letters
 * @throws ShapeError when the equation or a shape does not fit
 * @example
 * const [a, b] = [tf.tensor2d([[1, 2]]), tf.tensor2d([[3, 4]])];
 * einsum("ij,kj->ik", a, b).arraySync(); // [[11]]
 */
export function einsum(equation: string, ...tensors: tf.Tensor[]): tf.Tensor {
  const parsed = parse(equation);
  checkSizes(equation, parsed, tensors);
  const { operands, output } = parsed;
  return tf.tidy(() => {
    if (tensors.length === 1) {
      const { x, letters } = sumOut(tensors[0], operands[0], output);
      return tf.transpose(x, axes(letters, output));
    }
    let [result, letters] = [tensors[0], operands[0]];
    for (let index = 1; index < tensors.length; index++) {
      const needed = operands.slice(index + 1).join("") + output;
      const isLast = index === tensors.length - 1;
      const all = [...new Set(letters + operands[index])].join("");
      const kept = isLast ? output : common(all, needed);
      const equationOfPair = { left: letters, right: operands[index], output: kept };
      result = contractPair(result, tensors[index], equationOfPair);
      letters = kept;
    }
    return result;
  });
}
