import * as tf from "@tensorflow/tfjs";
import { einsum } from "../../src/core/ops/einsum";
import { withCompositeOps } from "../../src/core/ops/registry";
import { loadEngine } from "../../src/engine/load";
import { expectClose } from "../support/close";
import { createDraw } from "../support/layerGolden";

loadEngine();

interface Case {
  readonly equation: string;
  readonly shapes: number[][];
}

const cases: Case[] = [
  {
    equation: "ij,jk->ik",
    shapes: [
      [2, 3],
      [3, 5],
    ],
  },
  {
    equation: "ij,kj",
    shapes: [
      [2, 3],
      [5, 3],
    ],
  },
  {
    equation: "bqhd,bkhd->bhqk",
    shapes: [
      [2, 3, 5, 7],
      [2, 11, 5, 7],
    ],
  },
  {
    equation: "bhqk,bkhd->bqhd",
    shapes: [
      [2, 5, 3, 11],
      [2, 11, 5, 7],
    ],
  },
  {
    equation: "abc,cde->abde",
    shapes: [
      [2, 3, 5],
      [5, 7, 11],
    ],
  },
  { equation: "i,j->ji", shapes: [[2], [3]] },
  { equation: "i,i->", shapes: [[7], [7]] },
  { equation: "i,i->i", shapes: [[7], [7]] },
  {
    equation: "ijk,lj->il",
    shapes: [
      [2, 3, 5],
      [7, 3],
    ],
  },
  {
    equation: "ijk,lm->im",
    shapes: [
      [2, 3, 5],
      [7, 11],
    ],
  },
  { equation: "ij->ji", shapes: [[2, 3]] },
  { equation: "ijk->j", shapes: [[2, 3, 5]] },
  { equation: ",ij->i", shapes: [[], [2, 3]] },
  {
    equation: "ij,jk,kl->il",
    shapes: [
      [2, 3],
      [3, 5],
      [5, 7],
    ],
  },
  {
    equation: "bi,bj,bk->ijk",
    shapes: [
      [2, 3],
      [2, 5],
      [2, 7],
    ],
  },
];

/** Every index of every letter, one by one. */
function bruteForce(equation: string, tensors: readonly tf.Tensor[]): number[] {
  const [left, right] = equation.split("->");
  const operands = left.split(",");
  const letters = [...new Set(left.replace(/,/g, ""))].sort();
  const sizes = letters.map((letter) => {
    const operand = operands.findIndex((own) => own.includes(letter));
    return tensors[operand].shape[operands[operand].indexOf(letter)];
  });
  const output = right ?? letters.filter((letter) => left.split(letter).length === 2).join("");
  const place = (own: string, index: readonly number[]): number =>
    [...own].reduce((flat, letter) => {
      const at = letters.indexOf(letter);
      return flat * sizes[at] + index[at];
    }, 0);
  const values = tensors.map((tensor) => tensor.dataSync());
  const outputSize = [...output].reduce(
    (total, letter) => total * sizes[letters.indexOf(letter)],
    1,
  );
  const result = new Array<number>(outputSize).fill(0);
  const total = sizes.reduce((product, size) => product * size, 1);
  for (let flat = 0; flat < total; flat++) {
    let rest = flat;
    const index = sizes.map((size) => {
      const digit = rest % size;
      rest = Math.floor(rest / size);
      return digit;
    });
    result[place(output, index)] += operands.reduce(
      (product, own, which) => product * values[which][place(own, index)],
      1,
    );
  }
  return result;
}

const draws = (shapes: readonly number[][]): tf.Tensor[] => {
  const draw = createDraw(3);
  return shapes.map((shape) => tf.tensor(draw(shape), shape));
};

describe("einsum", () => {
  const forms: [string, <T>(body: () => T) => T][] = [
    ["native", (body) => body()],
    ["composite", withCompositeOps],
  ];
  describe.each(forms)("%s", (_name, inForm) => {
    it.each(cases)("sums as written: $equation", ({ equation, shapes }) => {
      inForm(() => {
        const tensors = draws(shapes);
        const output = einsum(equation, ...tensors);
        expectClose(output.dataSync(), bruteForce(equation, tensors), 1e-5, equation);
      });
    });

    it.each(cases)("has the gradient of a finite difference: $equation", ({ equation, shapes }) => {
      inForm(() => {
        const tensors = draws(shapes);
        const direction = draws([einsum(equation, ...tensors).shape])[0];
        const f = (...given: tf.Tensor[]): tf.Scalar =>
          tf.sum(tf.mul(einsum(equation, ...given), direction));
        tf.grads(f)(tensors).forEach((gradient, which) => {
          // It is linear in each tensor: the gradient's product with any step is the exact change.
          const step = tf.mul(
            tensors[which],
            tf.range(1, tensors[which].size + 1).reshape(tensors[which].shape),
          );
          const moved = tensors.map((tensor, index) => (index === which ? step : tensor));
          const change = tf.sum(tf.mul(gradient, step)).dataSync();
          expect(gradient.shape).toEqual(shapes[which]);
          expectClose(change, f(...moved).dataSync(), 1e-4, `tensor ${which}`);
        });
      });
    });
  });

  it.each([
    [
      "ij,jk->ik",
      [
        [2, 3],
        [5, 7],
      ],
      /expected size 3 for "j" in tensor 1, got \[5, 7\]/,
    ],
    ["ij,jk->ik", [[2, 3]], /expected 2 tensors, got 1/],
    ["ij->ij", [[2]], /expected 2 axes in tensor 0, got \[2\]/],
    ["ii->i", [[2, 2]], /Diagonals/],
    ["...i->i", [[2]], /as letters/],
    ["ij->k", [[2, 3]], /expected letters of "ij"/],
  ])("refuses %s of %j", (equation, shapes, message) => {
    expect(() => einsum(equation, ...draws(shapes))).toThrow(message);
  });
});
