import { rowLabel, rowName, rowNaming } from "../../src/experiments/studies/views/rowNames";
import type { NamedRow } from "../../src/experiments/studies/views/rowNames";
import { toMimeBundle } from "../../src/display";
import { registerCards } from "../../src/viz/cards/registerCards";
import { studyTableBundle } from "../../src/viz/cards/studyCard";

const score = (mean: number, pHolm: number) => ({
  Dice: { mean, sd: 0.1, interval: { low: mean - 0.1, high: mean + 0.1 }, count: 9, pHolm },
});
const row = (title: string, factors: NamedRow["factors"], ...[mean, pHolm]: [number, number]) => ({
  title,
  factors,
  scores: score(mean, pHolm),
});
const table = (rows: readonly ReturnType<typeof row>[], factorNames: readonly string[]) =>
  String(
    studyTableBundle({ title: "Study", columns: ["Dice"], factorNames, rows, convention: "How." })[
      "text/plain"
    ],
  );

describe("a study's table", () => {
  it("with one model names it once, and has columns only for what differs", () => {
    const text = table(
      [
        row("U-Net", { shots: 1, way: "scratch", kept: null }, 0.3, NaN),
        row("U-Net", { shots: 5, way: "scratch", kept: null }, 0.5, 0.0498),
      ],
      ["shots", "way", "kept"],
    );
    expect(text).toMatch(/^Study\. All rows: U-Net, way scratch\.\nshots +Dice/);
    expect(text).toMatch(/^5 .*0\.0498 +9$/m);
    expect(text).toContain(
      "U-Net, shots 5 reaches a mean Dice of 0.50 over 9 cases; U-Net, shots 1 0.30; the difference is significant (p = 0.0498).",
    );
  });

  it("with several models names each, and a single row keeps all columns", () => {
    const rows = [row("U-Net", { copies: 1 }, 0.3, NaN), row("M-A", { copies: 1 }, 0.2, 0.0002)];
    const text = table(rows, ["copies"]);
    expect(text).toMatch(/^Study\. All rows: copies 1\.\nmodel +Dice/);
    expect(text).toMatch(/significant \(p < 0\.001\)/);
    expect(table([rows[0]], ["copies"])).toMatch(/^Study\nmodel +copies/);
  });
});

it("two scores that differ in the third digit are not written alike", () => {
  const rows = [row("U-Net", {}, 0.157, NaN), row("M-A", {}, 0.164, 0.0002)];
  expect(table(rows, [])).toContain("Dice of 0.164 over 9 cases; U-Net 0.157; the difference is");
  const same = [row("U-Net", {}, 0.5, NaN), row("M-A", {}, 0.5, 1)];
  expect(table(same, [])).toContain("Dice of 0.50 over 9 cases; M-A 0.50;");
});

it("a study's result says how far it is, and shows its tables", async () => {
  registerCards();
  const rows = [row("U-Net", {}, 0.3, NaN)];
  const one = { title: "Study", columns: ["Dice"], factorNames: [], rows, convention: "How." };
  const none = { ...one, title: "Empty", rows: [] };
  const state = { records: [], isComplete: false, trained: 2, found: 1 };
  const shown = async (value: object): Promise<string> =>
    String((await toMimeBundle(value))["text/plain"]);
  const ablation = await shown({ ...state, table: one });
  expect(ablation).toMatch(/^The study was stopped; the same call continues it: 2 jobs trained by/);
  expect(ablation).toMatch(/1 found finished\.\n\nStudy\n/);
  const tables = { tableOne: one, tableTwo: none };
  const comparison = await shown({ ...state, isComplete: true, tables });
  expect(comparison).toMatch(/^The study is complete: .*\n\nStudy\n/);
  expect(comparison).not.toContain("Empty");
});

it("names rows by what differs", () => {
  const rows = [
    { title: "U-Net", factors: { shots: 1, way: "scratch" } },
    { title: "U-Net", factors: { shots: 5, way: "scratch" } },
  ];
  expect(rowName(rows[1], rows)).toBe("U-Net, shots 5");
  expect(rowLabel(rows[1], rows)).toBe("shots 5");
  expect(rowLabel(rows[0], [rows[0]])).toBe("U-Net");
  // The model's name says which module it lacks.
  const parts = ["all", "M-A"].map((part, i) => ({
    title: ["Whole", "M-A (without attention)"][i],
    factors: { part },
  }));
  expect(rowLabel(parts[1], parts)).toBe("M-A (without attention)");
  expect(rowNaming(parts, ["part"])).toEqual({ hasModel: true, factorNames: [], shared: [] });
  expect(rowNaming([], ["shots"])).toEqual({ hasModel: true, factorNames: ["shots"], shared: [] });
});
