import { nearestName, rejectUnknownOptions } from "../../src/core/unknownOptions";

describe("rejectUnknownOptions", () => {
  const known = ["numHeads", "keyDim", "useCausalMask", "seed"];
  const attempt = (options: object) => () => rejectUnknownOptions("demo", options, known);

  it("names the option, what is known, and the nearest name", () => {
    expect(attempt({ useCausalMsk: true })).toThrow(
      'demo.useCausalMsk: expected one of numHeads, keyDim, useCausalMask, seed, got an unknown option. Did you mean "useCausalMask"?',
    );
  });

  it("suggests nothing where nothing is near", () => {
    expect(attempt({ temperature: 1 })).toThrow(/got an unknown option$/);
  });

  it("takes what is known, and what is undefined", () => {
    expect(attempt({ seed: 1, nothing: undefined })).not.toThrow();
  });

  it.each([
    ["num_heads", "numHeads"],
    ["KeyDim", "keyDim"],
    ["sede", "seed"],
    ["zzzzzz", null],
  ])("reads %s as %s", (given, meant) => {
    expect(nearestName(given, known)).toBe(meant);
  });
});
