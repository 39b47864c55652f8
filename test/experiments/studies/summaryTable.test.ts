import { summaryTable } from "../../../src/experiments/studies/scoreTable";
import { caseMetrics, summarise } from "../../../src/metrics";

const SIDE = 16;

/** A square of a class at a given distance from the left. */
function square(left: number): { height: number; width: number; data: Uint8Array } {
  const data = new Uint8Array(SIDE * SIDE);
  for (let row = 4; row < 8; row++) data.fill(1, row * SIDE + left, row * SIDE + left + 4);
  return { height: SIDE, width: SIDE, data };
}
const nothing = { height: SIDE, width: SIDE, data: new Uint8Array(SIDE * SIDE) };

/** The printed cells of cases whose square was found with a given shift in pixels; `null` means missed. */
function cells(shifts: readonly (number | null)[]): Record<string, string> {
  const records = shifts.map((shift, index) =>
    caseMetrics(square(4), shift === null ? nothing : square(4 + shift), {
      id: String(index),
      classNames: ["background", "lesion"],
    }),
  );
  const lines = summaryTable(summarise(records), "px").split("\n");
  const split = (line: string): string[] => line.split("|").map((cell) => cell.trim());
  const row = split(lines.find((line) => line.startsWith("| lesion")) ?? "");
  return Object.fromEntries(split(lines[0]).map((name, index) => [name, row[index]]));
}

describe("summaryTable", () => {
  it("shows how often HD95 is infinite, beside the mean of the others", () => {
    expect(cells([0, 2, 4])).toMatchObject({
      "HD95 (px)": "2.0",
      missed: "0",
      "median HD95": "2.0",
    });
    expect(cells([0, 2, null])).toMatchObject({ "HD95 (px)": "1.0", missed: "1", cases: "3" });
  });

  it("has a median that missed cases do not improve, unlike the mean", () => {
    const value = (text: string): number => (text === "∞" ? Infinity : Number(text));
    for (const shifts of [
      [0, 2, 8],
      [1, 3, 5, 8],
      [8, 8, 8, 1, 1],
    ]) {
      const whole = cells(shifts);
      for (let missed = 0; missed < shifts.length; missed++) {
        const fewer = cells(shifts.map((shift, index) => (index === missed ? null : shift)));
        expect(value(fewer["median HD95"])).toBeGreaterThanOrEqual(value(whole["median HD95"]));
        expect(value(fewer["Dice"])).toBeLessThanOrEqual(value(whole["Dice"]));
      }
    }
    expect(value(cells([0, 2, null])["HD95 (px)"])).toBeLessThan(
      value(cells([0, 2, 8])["HD95 (px)"]),
    );
    expect(cells([0, 2, null])["median HD95"]).toBe("2.0");
    expect(cells([0, null, null])["median HD95"]).toBe("∞");
  });
});
