import * as tf from "@tensorflow/tfjs";
import { SetupError } from "../../src/core/errors";
import { MultiHeadAttention } from "../../src/layers";

/** A second copy of tfjs, as a project with another version in its tree would load it. */
function anotherTfjs(): typeof tf {
  // It complains that its backends are registered already.
  jest.spyOn(console, "warn").mockReturnValue();
  let copy: typeof tf | undefined;
  jest.isolateModules(() => {
    copy = jest.requireActual<typeof tf>("@tensorflow/tfjs");
  });
  if (copy === undefined) throw new Error("tfjs did not load");
  return copy;
}

describe("a second copy of tfjs", () => {
  const layer = new MultiHeadAttention({ numHeads: 2, keyDim: 3 });

  it("is named when its symbolic tensors meet our layers", () => {
    const other = anotherTfjs();
    expect(other.SymbolicTensor).not.toBe(tf.SymbolicTensor);
    const x = other.input({ shape: [5, 7] });
    expect(() => layer.apply([x, x])).toThrow(SetupError);
    expect(() => layer.apply([x, x])).toThrow(/one of another copy of tfjs.*npm ls/);
  });

  it("leaves our own copy's alone", () => {
    const x = tf.input({ shape: [5, 7] });
    expect((layer.apply([x, x]) as tf.SymbolicTensor).shape).toEqual([null, 5, 7]);
  });
});
