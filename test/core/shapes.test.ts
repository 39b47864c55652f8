import { expectShape } from "../../src/core/shapes";
import { ShapeError } from "../../src/core/errors";

describe("expectShape", () => {
  it("binds names to sizes", () => {
    expect(expectShape("x", { shape: [2, 3, 64] }, ["b", "s", 64])).toEqual({ b: 2, s: 3 });
  });
  it.each([
    [
      ["b", "s", 64],
      [8, 64],
    ],
    [
      ["n", "n"],
      [3, 5],
    ],
    [[7], [11]],
    [["b"], [null]],
  ])("refuses %j for %j", (pattern, shape) => {
    expect(() => expectShape("x", { shape }, pattern)).toThrow(ShapeError);
  });
  it("says what, wanted, got and the remedy", () => {
    expect(() =>
      expectShape("LSHAttention.qk", { shape: [8, 64] }, ["b", null, 64], "Add the batch."),
    ).toThrow("LSHAttention.qk: expected [b, ?, 64], got [8, 64]. Add the batch.");
  });
});
