import { rankDice } from "../../src/data/rankDice";
import golden from "../golden/rankDice.json";

const planesOf = (planes: readonly (readonly number[])[]): Float32Array[] =>
  planes.map((plane) => Float32Array.from(plane));

describe("rankDice", () => {
  it.each(golden.cases.map((one, index) => [index, one] as const))(
    "gives rankseg's labels, case %d",
    (_, { planes, labels }) => {
      expect(Array.from(rankDice(planesOf(planes)))).toEqual(labels);
    },
  );

  it("is tested on cases where the most likely class differs", () => {
    const differing = golden.cases.filter(({ differsFromArgmax }) => differsFromArgmax > 0);
    expect(differing.length).toBeGreaterThan(2);
  });

  it("keeps a region with probability one half, and drops a class that is unlikely everywhere", () => {
    const lesion = [0.9, 0.45, 0.45, 0.05, 0.01];
    const rest = lesion.map((p) => 1 - p);
    expect(Array.from(rankDice(planesOf([rest, lesion])))).toEqual([1, 1, 1, 0, 0]);
    expect(Array.from(rankDice(planesOf([rest, lesion]), { pruningProbability: 0.95 }))).toEqual([
      0, 0, 0, 0, 0,
    ]);
  });

  it("accepts a probability that rounding made exceed 1", () => {
    expect(
      Array.from(
        rankDice(
          planesOf([
            [0, 1.00001],
            [1, 0],
          ]),
        ),
      ),
    ).toEqual([1, 0]);
  });

  it.each<[string, Record<string, number>, RegExp]>([
    ["a threshold above 1", { pruningProbability: 1.5 }, /^rankDice\.pruningProbability/],
    ["an unknown option", { pruning: 0.5 }, /^rankDice\.pruning/],
  ])("rejects %s", (_, options, message) => {
    expect(() => rankDice(planesOf([[0.5], [0.5]]), options)).toThrow(message);
  });

  it.each([
    ["no planes", []],
    ["planes of two lengths", [[0.5, 0.5], [0.5]]],
    ["no pixels", [[], []]],
    ["a logit", [[-3], [2]]],
    ["NaN", [[NaN], [0.5]]],
  ])("rejects %s", (_, planes) => {
    expect(() => rankDice(planesOf(planes))).toThrow(/^rankDice\.planes/);
  });
});
