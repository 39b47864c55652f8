import { formatPValue, describePValue } from "../../src/metrics/statistics/formatPValue";

it.each([
  [0.0312, "0.031"],
  [1, "1.000"],
  [0.0498, "0.0498"],
  [0.05, "0.050"],
  [0.05004, "0.05004"],
  [0.009996, "0.009996"],
  [0.0104, "0.0104"],
  [0.00049, "<0.001"],
  [0.0010004, "0.0010004"],
  [NaN, "-"],
])("%d is written %s: never rounded to a level of significance or past one", (p, text) => {
  expect(formatPValue(p)).toBe(text);
});

it("says so in a sentence", () => {
  expect([0.2, 0.0001].map(describePValue)).toEqual(["p = 0.200", "p < 0.001"]);
});
