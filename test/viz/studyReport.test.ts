import { caseMetrics } from "../../src/metrics";
import { presetConfig } from "../../src/experiments/config/presets";
import type { JobRecord } from "../../src/experiments/studies/jobRecord";
import { studyTables } from "../../src/experiments/studies/views/studyTables";
import { reportPage } from "../../src/viz/reports/reportPage";
import { studyReport } from "../../src/viz/reports/studyReport";

const config = presetConfig("smoke");
const classNames = ["background", "ground-glass opacity"];

/** Four slices; each training gets one more right, and the last slice is the hardest. */
function record(model: string, fold: number, right: number, factors: JobRecord["factors"] = {}) {
  const cases = Array.from({ length: 2 }, (_, index) => {
    const id = `slice-${2 * fold + index}`;
    const truth = { height: 4, width: 4, data: new Uint8Array(16).fill(1, 0, 8) };
    const found = Math.max(0, right - 2 * fold - index);
    const data = new Uint8Array(16).fill(1, 0, found);
    return caseMetrics(truth, { ...truth, data }, { id, group: id, classNames });
  });
  const epoch = { epoch: 1, step: 1, loss: 1, learningRate: 0.1, seconds: 60 };
  const training = {
    ...{ ended: "completed" as const, bestEpoch: 1, steps: 1, seconds: 60 },
    records: [{ ...epoch, validationLoss: 1, validationDice: 0.5 }],
  };
  return {
    ...{
      format: "layerbook-job-1" as const,
      id: `${model}-fold${fold + 1}`,
      model,
      factors,
      config,
    },
    ...{ fold, seed: 1, classNames, dropped: null, training, cases, splitNote: null },
    versions: { layerbook: "1.0.0", node: "v20" },
  };
}

const reported = (kind: string, records: readonly JobRecord[], jobs = records.length) => ({
  study: { kind, source: "phantom", config, jobs: Array.from({ length: jobs }, (_, i) => `${i}`) },
  ...{ records, tables: studyTables(kind, records) },
  ...{ command: "npx layerbook report s", date: "2026-01-01" },
});

describe("studyReport", () => {
  const models = ["unet", "ma"].flatMap((model, index) =>
    [0, 1].map((fold) => record(model, fold, 5 + 2 * index)),
  );
  const comparison = studyReport(reported("compare", models, 6));

  it("states the best row, the study's progress, and how it was made", () => {
    expect(comparison.title).toBe("Comparison on phantom");
    const own = reported("compare", models);
    const { title } = studyReport({ ...own, study: { ...own.study, source: "/home/me/slices/" } });
    expect(title).toBe("Comparison on slices");
    expect(comparison.headline).toMatch(/2 of 6 trainings are not done yet/);
    expect(comparison.footer).toContainEqual(["Trainings", "4 of 6"]);
    expect(comparison.footer.map(([name]) => name)).toEqual(expect.arrayContaining(["optimizer"]));
  });

  it("lists the worst cases first, over all rows, with the best row for each", () => {
    const worst = comparison.sections.find(({ heading }) => heading === "Worst cases first");
    const text = worst?.html ?? "";
    const places = [3, 2, 1, 0].map((index) => text.indexOf(`slice-${index}`));
    expect(places[0]).toBeGreaterThan(0);
    expect([...places].sort((a, b) => a - b)).toEqual(places);
    expect(text).toContain(">M-A (without attention)<");
  });

  it("draws the figures of each kind of study", () => {
    const figuresOf = (kind: string, records: readonly JobRecord[]) =>
      studyReport(reported(kind, records)).sections[0].figures?.map(
        ({ figure }) => figure.description,
      );
    const leaks = ["after the split", "before the split"].flatMap((copies, index) =>
      [0, 1].map((fold) => record("unet", fold, 5 + index, { copies, groups: "kept together" })),
    );
    expect(figuresOf("leakStudy", leaks)).toEqual([expect.stringContaining("honest protocol")]);
    const shots = [1, 5].flatMap((count) =>
      [0, 1].map((fold) =>
        record("unet", fold, 4 + count, {
          shots: count,
          pretraining: "none",
          selfTraining: "none",
        }),
      ),
    );
    expect(figuresOf("kShot", shots)).toEqual([expect.stringContaining("from scratch")]);
    expect(figuresOf("ablate", models)).toHaveLength(1);
  });

  it("is a self-contained page", () => {
    const page = reportPage(comparison, `${__dirname}/../..`);
    expect(page).toContain("<h2>Worst cases first</h2>");
    // Plotly's own script contains the word.
    expect(/NaN/.test(page.replace(/<script[\s\S]*?<\/script>/g, ""))).toBe(false);
  });
});
