import type { FoldRecord } from "../../../src/experiments/studies/foldRecord";
import { csvTable, markdownTable } from "../../../src/experiments/studies/scoreTable";
import { tableCsv, tableMarkdown, tablesOf } from "../../../src/experiments/studies/tables";
import { caseMetrics } from "../../../src/metrics";

/** Four pixels; the truth is class 1 in the last two. */
function record(model: string, id: string, fold: number, predicted: number[]): FoldRecord {
  const plane = (values: number[]) => ({ height: 1, width: 4, data: Uint8Array.from(values) });
  const metrics = caseMetrics(plane([0, 0, 1, 1]), plane(predicted), {
    id,
    classNames: ["background", "lesion"],
  });
  return { model, augmentation: "none", fold, seed: 1, metrics };
}

const records = [
  // Dice 1, accuracy 1, precision 1.
  record("unet", "a", 0, [0, 0, 1, 1]),
  // One of two found: Dice 2/3, accuracy 3/4, precision 1.
  record("unet", "b", 1, [0, 0, 0, 1]),
  // One found, one false: Dice 1/2, accuracy 1/2, precision 1/2.
  record("ma", "a", 0, [0, 1, 0, 1]),
  record("residualAttentionUnet", "a", 0, [0, 0, 1, 1]),
];

describe("tablesOf", () => {
  it("takes ablations out of Table I, and sets the whole model beside them in Table II", () => {
    const { tableOne, tableTwo } = tablesOf(records);
    expect(tableOne.map(({ model }) => model)).toEqual(["unet", "residualAttentionUnet"]);
    expect(tableTwo.map(({ model }) => model)).toEqual(["ma", "residualAttentionUnet"]);
    expect(tablesOf(records.slice(0, 2)).tableTwo).toEqual([]);
  });

  it("has means and standard deviations over cases of all folds", () => {
    const lines = tableMarkdown("Table I", tablesOf(records).tableOne).split("\n");
    // Mean of 1 and 2/3, of 1 and 3/4; sample deviations 1/(3·√2) and 1/(4·√2).
    const row = lines.find((line) => line.startsWith("| U-Net")) ?? "";
    expect(row.split("|").map((cell) => cell.trim())).toEqual([
      ...["", "U-Net", "none", "0.833 ± 0.236", "0.875 ± 0.177", "1.000 ± 0.000", "2", ""],
    ]);
  });

  it("says the same in CSV", () => {
    const [head, first] = tableCsv(tablesOf(records).tableOne).split("\n");
    const cells = Object.fromEntries(
      head.split(",").map((name, index) => [name, first.split(",")[index]]),
    );
    expect(cells["model"]).toBe("unet");
    expect(Number(cells["dice_mean"])).toBeCloseTo(5 / 6, 12);
    expect(Number(cells["dice_sd"])).toBeCloseTo(1 / (3 * Math.SQRT2), 12);
    expect(cells["dice_cases"]).toBe("2");
  });

  it("refuses a case that was held out twice", () => {
    expect(() => tablesOf([...records, record("unet", "a", 1, [0, 0, 1, 1])])).toThrow(/a twice/);
  });
});

describe("tables as text", () => {
  it("lines up columns, numbers to the right", () => {
    const text = markdownTable([
      ["model", "Dice"],
      ["U-Net", "0.5"],
      ["ours", "-"],
    ]);
    expect(text.split("\n")).toEqual([
      "| model | Dice |",
      "| ----- | ---: |",
      "| U-Net |  0.5 |",
      "| ours  |    - |",
    ]);
  });

  it("quotes what CSV would misread, and leaves undefined scores empty", () => {
    expect(csvTable([["a,b", 'say "hi"', NaN, 2]])).toBe('"a,b","say ""hi""",,2\n');
  });
});
