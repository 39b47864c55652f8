import { mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadEngine } from "../../../src/engine/load";
import { compareModels } from "../../../src/experiments/studies/compareModels";
import type { CompareOptions } from "../../../src/experiments/studies/compareModels";
import { studyRecords } from "../../../src/experiments/studies/runPlannedJob";
import { presetConfig } from "../../../src/experiments/config/presets";
import { discDataset } from "../support/discDataset";

loadEngine();
const dataset = discDataset();

let out: string;
beforeAll(async () => {
  out = await mkdtemp(join(tmpdir(), "layerbook-compare-"));
});
afterAll(() => rm(out, { recursive: true }));

const recordPath = (job: string): string => join(out, "jobs", job, "record.json");

function options(): CompareOptions {
  return {
    models: ["unet", "ma"],
    augmentations: ["none", "paper"],
    config: presetConfig("smoke", {
      ...{ size: 16, epochs: 1, compiled: false, batchSize: 2 },
      model: { filters: 4, depth: 2 },
    }),
    out,
    source: "discs",
    dataset,
    progress: false,
  };
}

describe("compareModels", () => {
  let tables: Record<string, string>;
  const readTables = async () =>
    Object.fromEntries(
      await Promise.all(
        ["table1.md", "table1.csv", "table1.tex", "table2.md", "table2.csv"].map(async (name) => [
          name,
          await readFile(join(out, name), "utf8"),
        ]),
      ),
    ) as Record<string, string>;

  it("trains each model with each augmentation on each fold, and writes both tables", async () => {
    const comparison = await compareModels(options());
    expect(comparison).toMatchObject({ isComplete: true, trained: 8, found: 0 });
    // Every slice is held out once for every model and augmentation.
    expect(comparison.records.flatMap(({ cases }) => cases)).toHaveLength(4 * 8);
    tables = await readTables();
    // What all rows have in common is stated below the table.
    expect(tables["table1.md"]).toContain("All rows: U-Net.");
    const rows = tables["table1.md"].match(/^\| (none|paper) /gm);
    expect(rows).toEqual(["| none ", "| paper "]);
    expect(tables["table2.md"]).toContain("M-A (without attention)");
    expect(tables["table1.csv"].split("\n")[0]).toMatch(
      /^model,augmentation,dice_mean,dice_sd,dice_low,dice_high,dice_cases/,
    );
    // Neither checkpoints nor weights are kept.
    expect((await readdir(join(out, "jobs", "unet-none-fold1"))).sort()).toEqual([
      ...["job.json", "manifest.json", "progress.json", "record.json", "split.json"],
    ]);
  });

  it("holds out slices that are neither trained on nor used for validation", async () => {
    for (const { id, cases } of await studyRecords(out)) {
      const [split] = JSON.parse(
        await readFile(join(out, "jobs", id, "split.json"), "utf8"),
      ) as Record<"train" | "validation" | "test", string[]>[];
      expect(cases.map((record) => record.id)).toEqual(split.test);
      const seen = [...split.train, ...split.validation];
      expect(split.test.filter((name) => seen.includes(name))).toEqual([]);
    }
  });

  it("reads finished jobs, and trains only missing ones, with the same results", async () => {
    await rm(recordPath("ma-paper-fold2"));
    await rm(join(out, "table1.md"));
    const again = await compareModels(options());
    expect(again).toMatchObject({ isComplete: true, trained: 1, found: 7 });
    expect(await readTables()).toEqual(tables);
  });

  it("stops on request, and resumes", async () => {
    await rm(recordPath("unet-none-fold2"));
    const stopped = await compareModels({ ...options(), shouldStop: () => true });
    expect(stopped.isComplete).toBe(false);
    const rest = await compareModels(options());
    expect(rest).toMatchObject({ isComplete: true, trained: 1 });
    expect(await readTables()).toEqual(tables);
  });

  it("adds models to a finished comparison", async () => {
    const more = await compareModels({ ...options(), models: ["unet", "ma", "attentionUnet"] });
    expect(more).toMatchObject({ isComplete: true, trained: 4, found: 8 });
  });

  it.each([
    [{ augmentation: "standard" }, /augmentation: .*"standard", which a comparison varies itself/],
    [{ testFraction: 0.3 }, /testFraction: .*got 0\.3, which a study does not use/],
  ] as const)("refuses a setting that it would ignore: %j", async (setting, message) => {
    const config = { ...options().config, ...setting };
    await expect(compareModels({ ...options(), config })).rejects.toThrow(message);
  });

  it("rejects weights for other classes before it writes anything", async () => {
    const { config } = options();
    const other = join(out, "..", "weights");
    const tooFew = { ...config, loss: { ...config.loss, classWeights: [1] } };
    await expect(compareModels({ ...options(), out: other, config: tooFew })).rejects.toThrow(
      /config\.loss\.classWeights: expected 3 weights, one per class \(background, .*, got 1/,
    );
    await expect(readdir(other)).rejects.toThrow(/ENOENT/);
  });

  it("rejects a folder of another comparison, and names the setting", async () => {
    const { config } = options();
    const other = compareModels({ ...options(), config: { ...config, epochs: 2 } });
    await expect(other).rejects.toThrow(/a run with setting epochs 2, got .* setting epochs 1/);
  });

  it("rejects a mask that was corrected meanwhile, so that old and new folds do not mix", async () => {
    const cases = dataset.cases.map((item) => {
      if (item.id !== "disc-5" || item.labels === null) return item;
      return { ...item, labels: { ...item.labels, data: item.labels.data.map(() => 1) } };
    });
    const corrected = compareModels({ ...options(), dataset: { ...dataset, cases } });
    await expect(corrected).rejects.toThrow(/began with, got another mask of "disc-5"/);
  });

  it("does not treat an empty record as a finished job", async () => {
    const path = recordPath("unet-none-fold1");
    const whole = await readFile(path, "utf8");
    await writeFile(path, "[]");
    await expect(compareModels(options())).rejects.toThrow(/record\.json: expected the record of/);
    const record = JSON.parse(whole) as object;
    await writeFile(path, JSON.stringify({ ...record, cases: [] }));
    await expect(compareModels(options())).rejects.toThrow(/with its 4 cases, got 0 cases/);
    await writeFile(path, whole);
    expect(await compareModels(options())).toMatchObject({ trained: 0, found: 8 });
  });
});
