import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DataError } from "../../../src/core/errors";
import { presetConfig } from "../../../src/experiments/config/presets";
import type { Factors, Job } from "../../../src/experiments/studies/job";
import { rowKey } from "../../../src/experiments/studies/job";
import type { JobRecord } from "../../../src/experiments/studies/jobRecord";
import { reasonToDrop } from "../../../src/experiments/studies/prune";
import { csvTable, markdownTable } from "../../../src/experiments/studies/scoreTable";
import { tablesOf } from "../../../src/experiments/studies/views/paperTables";
import { studyTable } from "../../../src/experiments/studies/views/studyTable";
import { readStudyTable, writeStudyTable } from "../../../src/experiments/studies/views/tableFile";
import {
  flatRows,
  tableArquero,
  tableCsv,
  tableLatex,
  tableMarkdown,
} from "../../../src/experiments/studies/views/tableText";
import { caseMetrics } from "../../../src/metrics";

const config = presetConfig("smoke");

/** Four pixels per case; the truth is class 1 in the last two. */
function record(
  model: string,
  predictions: Readonly<Record<string, number[]>>,
  place: { readonly fold?: number; readonly seed?: number; readonly factors?: Factors } = {},
): JobRecord {
  const { fold = 0, seed = 1, factors = { augmentation: "none" } } = place;
  const plane = (values: number[]) => ({ height: 1, width: 4, data: Uint8Array.from(values) });
  return {
    format: "layerbook-job-1",
    ...{ id: `${model}-${fold}-${seed}`, model, factors, config, fold, seed },
    classNames: ["background", "lesion"],
    dropped: null,
    training: null,
    versions: { layerbook: "0", node: "0" },
    cases: Object.entries(predictions).map(([id, predicted]) =>
      caseMetrics(plane([0, 0, 1, 1]), plane(predicted), {
        id,
        classNames: ["background", "lesion"],
      }),
    ),
  };
}

/** Dice 1, 2/3 and 1/2. */
const [RIGHT, HALF, WRONG] = [
  [0, 0, 1, 1],
  [0, 0, 0, 1],
  [0, 1, 0, 1],
];
const records = [
  record("unet", { a: RIGHT }),
  record("unet", { b: HALF }, { fold: 1 }),
  record("ma", { a: WRONG }),
  record("residualAttentionUnet", { a: RIGHT }),
];

describe("tablesOf", () => {
  it("leaves ablations out of Table I, and puts the whole model first in Table II", () => {
    const { tableOne, tableTwo } = tablesOf(records);
    expect(tableOne.rows.map(({ model }) => model)).toEqual(["unet", "residualAttentionUnet"]);
    expect(tableTwo?.rows.map(({ model }) => model)).toEqual(["residualAttentionUnet", "ma"]);
    expect(tablesOf(records.slice(0, 2)).tableTwo).toBeNull();
  });

  it("has means and standard deviations over cases of all folds", () => {
    const lines = tableMarkdown(tablesOf(records).tableOne).split("\n");
    // Mean of 1 and 2/3, of 1 and 3/4; sample deviations 1/(3·√2) and 1/(4·√2).
    const row = lines.find((line) => line.startsWith("| U-Net")) ?? "";
    expect(row.split("|").map((cell) => cell.trim())).toEqual([
      ...["", "U-Net", "0.833 ± 0.236", "0.833 ± 0.236 (2)", "0.875 ± 0.177"],
      ...["1.000 ± 0.000", "0.667 to 1.000", "-", "2", ""],
    ]);
    expect(lines.at(-2)).toMatch(
      /^All rows: augmentation none\. .*bootstrap over patients.*Wilcoxon.*Holm.*Seeds: 1/,
    );
  });

  it("shows no deviation for one case, and no interval for none", () => {
    const one = tableMarkdown(tablesOf([record("unet", { a: HALF })]).tableOne);
    expect(one).toMatch(/\| 0\.667 \| +0\.667 \(1\) \|.*\| +- \| +- \| +1 \|/);
    const nothing = tableMarkdown(tablesOf([record("unet", {})]).tableOne);
    expect(nothing.split("\n").find((line) => line.startsWith("| U-Net"))).not.toMatch(/±| to /);
  });

  it("has the same content in CSV, LaTeX and as an arquero table", async () => {
    const { tableOne } = tablesOf(records);
    const [head, first] = tableCsv(tableOne).split("\n");
    const cells = Object.fromEntries(
      head.split(",").map((name, index) => [name, first.split(",")[index]]),
    );
    expect(cells["model"]).toBe("unet");
    expect(Number(cells["dice_mean"])).toBeCloseTo(5 / 6, 12);
    expect(Number(cells["dice_sd"])).toBeCloseTo(1 / (3 * Math.SQRT2), 12);
    expect(cells["dice_cases"]).toBe("2");
    expect(tableLatex(tableOne)).toContain(
      "U-Net & 0.833 $\\pm$ 0.236 & 0.833 $\\pm$ 0.236 (2) & 0.875 $\\pm$ 0.177",
    );
    expect(tableLatex(tableOne)).toContain("95 \\% CI");
    const table = await tableArquero(tableOne);
    expect(table.numRows()).toBe(2);
    expect(table.get("dice_mean", 0)).toBe(flatRows(tableOne)[0]["dice_mean"]);
  });

  it("rejects a case that was held out twice", () => {
    const again = record("unet", { a: RIGHT }, { fold: 1 });
    expect(() => tablesOf([...records, again])).toThrow(/expected each case once .*, got a twice/);
  });
});

describe("studyTable", () => {
  const ids = Array.from({ length: 6 }, (_, index) => `case-${index}`);
  const all = (pixels: number[]) => Object.fromEntries(ids.map((id) => [id, pixels]));

  it("tests rows against the first over patients, corrected over the rows", () => {
    const { rows } = studyTable("t", [
      record("unet", all(HALF)),
      record("ma", all(RIGHT)),
      record("mr", all(WRONG)),
    ]);
    const dice = rows.map(({ scores }) => scores["Dice"]);
    expect(dice.map(({ difference }) => difference)).toEqual([
      NaN,
      expect.closeTo(1 / 3, 12),
      expect.closeTo(-1 / 6, 12),
    ]);
    // Six pairs with the same sign: exactly 2 / 2^6; two rows are tested.
    expect(dice.map(({ pValue }) => pValue)).toEqual([NaN, 1 / 32, 1 / 32]);
    expect(dice.map(({ pHolm }) => pHolm)).toEqual([NaN, 1 / 16, 1 / 16]);
  });

  it("counts a case scored by several seeds once, with its mean", () => {
    const { rows } = studyTable("t", [
      record("unet", { a: RIGHT, b: RIGHT }),
      record("unet", { a: HALF, b: RIGHT }, { seed: 2 }),
    ]);
    expect(rows).toHaveLength(1);
    expect(rows[0]).toMatchObject({ cases: 2, seeds: 2, patients: 2 });
    expect(rows[0].scores["Dice"].mean).toBeCloseTo((5 / 6 + 1) / 2, 12);
  });

  it("states the folds of a dropped row in every format", () => {
    const given = {
      ...record("ma", {}, { fold: 1, seed: 2 }),
      dropped: "loses 0.333 Dice to unet none on 6 patients (p = 0.016)",
    };
    const table = studyTable("t", [record("unet", all(RIGHT)), record("ma", all(HALF)), given]);
    expect(table.rows[1]).toMatchObject({ cases: 6, folds: 1, seeds: 1, dropped: given.dropped });
    expect(flatRows(table).map((row) => row["dropped"])).toEqual(["", given.dropped]);
    expect(tableMarkdown(table)).toMatch(/M-A \(without attention\) \*.*\*: dropped before/s);
  });

  it("has one row per combination of factors, whatever their order", () => {
    const one = record("unet", { a: RIGHT }, { factors: { shots: 1, pretrained: false } });
    const same = record("unet", { b: HALF }, { fold: 1, factors: { pretrained: false, shots: 1 } });
    const other = record("unet", { a: HALF }, { factors: { shots: 5, pretrained: false } });
    const table = studyTable("t", [one, same, other]);
    expect(table.factorNames).toEqual(["shots", "pretrained"]);
    expect(table.rows.map(({ factors, cases }) => [factors["shots"], cases])).toEqual([
      [1, 2],
      [5, 1],
    ]);
  });
});

describe("reasonToDrop", () => {
  const ids = (from: number) => Array.from({ length: 4 }, (_, index) => `case-${from + index}`);
  const folds = (model: string, pixels: number[]) =>
    [0, 1].map((fold) =>
      record(model, Object.fromEntries(ids(4 * fold).map((id) => [id, pixels])), { fold }),
    );
  const job = (model: string): Job => ({
    id: model,
    model,
    config,
    factors: { augmentation: "none" },
    split: { fold: 2, seed: 1, train: [], validation: [], test: [] },
  });
  const first = rowKey(job("unet"));

  it("drops a row that clearly loses after two folds, never the first", () => {
    const done = [...folds("unet", RIGHT), ...folds("ma", HALF)];
    expect(reasonToDrop(job("ma"), done, first)).toMatch(
      /loses 0\.333 Dice to unet none on 8 patients \(p = 0\.004\)/,
    );
    expect(reasonToDrop(job("unet"), [...folds("unet", HALF), ...folds("ma", RIGHT)], first)).toBe(
      null,
    );
  });

  it("does not drop a row that is equally good or has only one fold", () => {
    const equal = [...folds("unet", HALF), ...folds("ma", HALF)];
    expect(reasonToDrop(job("ma"), equal, first)).toBeNull();
    const early = [...folds("unet", RIGHT), folds("ma", HALF)[0]];
    expect(reasonToDrop(job("ma"), early, first)).toBeNull();
  });
});

describe("tables as text", () => {
  it("aligns columns, with numbers to the right", () => {
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

  it("quotes special characters in CSV, and writes non-finite numbers so that they can be read back", () => {
    expect(csvTable([["a,b", 'say "hi"', "two\r\nlines", 2]])).toBe(
      '"a,b","say ""hi""","two\r\nlines",2\n',
    );
    const scores = [NaN, Infinity, -Infinity, 0.1 + 0.2];
    const text = csvTable([scores]);
    expect(text).toBe("NaN,Infinity,-Infinity,0.30000000000000004\n");
    expect(text.trim().split(",").map(Number)).toEqual(scores);
  });
});

describe("a table's file", () => {
  const folder = mkdtempSync(join(tmpdir(), "layerbook-table-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it("contains the whole table, including NaN and how it was made", async () => {
    const table = { ...studyTable("A table", records), madeBy: "a command." };
    expect(Object.values(table.rows[0].scores).some(({ pValue }) => Number.isNaN(pValue))).toBe(
      true,
    );
    await writeStudyTable(join(folder, "table.json"), table);
    expect(await readStudyTable(join(folder, "table.json"))).toEqual(table);
  });

  it("is rejected if it is missing, is not a table, or lacks a score", async () => {
    await expect(readStudyTable(join(folder, "none.json"))).rejects.toThrow(/got no such file/);
    const broken = join(folder, "broken.json");
    const { rows, ...table } = studyTable("A table", records);
    const without = rows.map((row) => ({ ...row, scores: {} }));
    for (const value of [{}, { format: "layerbook-table-1", ...table, rows: without }]) {
      writeFileSync(broken, JSON.stringify(value));
      await expect(readStudyTable(broken)).rejects.toThrow(DataError);
    }
  });
});
