import { mkdtemp, readFile, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CLASS_NAMES } from "../../../src/data";
import type { SliceDataset } from "../../../src/data";
import { loadEngine } from "../../../src/engine/load";
import { compareModels } from "../../../src/experiments/studies/compareModels";
import type { CompareOptions } from "../../../src/experiments/studies/compareModels";
import { readFoldRecords } from "../../../src/experiments/studies/foldRecord";
import { presetConfig } from "../../../src/experiments/config/presets";
import { readSplits } from "../../../src/data/splits";
import { discSamples } from "../support/samples";

loadEngine();
/** Discs as slices of their own size, 8-bit grey. */
const dataset: SliceDataset = {
  name: "discs",
  classNames: CLASS_NAMES.slice(0, 3),
  grid: null,
  cases: discSamples(8, 24).map(({ id, group, image, labels }) => ({
    id,
    group,
    image: { ...image, data: image.data.map((grey) => 255 * grey) },
    labels,
    unit: "grey8",
    spacingMm: null,
  })),
};

let out: string;
beforeAll(async () => {
  out = await mkdtemp(join(tmpdir(), "layerbook-compare-"));
});
afterAll(() => rm(out, { recursive: true }));

function options(): CompareOptions {
  return {
    models: ["unet", "ma"],
    augmentations: ["none", "paper"],
    config: presetConfig("smoke", { size: 16, epochs: 1, compiled: false, batchSize: 2 }),
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
        ["table1.md", "table1.csv", "table2.md", "table2.csv"].map(async (name) => [
          name,
          await readFile(join(out, name), "utf8"),
        ]),
      ),
    ) as Record<string, string>;

  it("trains each model with each augmentation on each fold, and ends in both tables", async () => {
    const names: string[] = [];
    const comparison = await compareModels({
      ...options(),
      onTraining: (name) => names.push(name),
    });
    expect(comparison).toMatchObject({ isComplete: true, trained: 8, found: 0 });
    expect(new Set(names).size).toBe(8);
    expect(names[0]).toBe("unet-none-fold1");
    // Every slice is held out once for every model and augmentation.
    expect(comparison.records).toHaveLength(8 * 4);
    tables = await readTables();
    expect(
      tables["table1.md"].split("\n").filter((line) => line.startsWith("| U-Net")),
    ).toHaveLength(2);
    expect(tables["table2.md"]).toContain("M-A (without attention)");
    expect(tables["table1.csv"].split("\n")[0]).toMatch(
      /^model,augmentation,dice_mean,dice_sd,dice_cases,accuracy_mean/,
    );
    expect((await readdir(join(out, "folds"))).every((name) => name.endsWith(".json"))).toBe(true);
  });

  it("holds out what it does not train on", async () => {
    const splits = await readSplits(join(out, "splits.json"), dataset.cases);
    for (const { fold, train, validation } of splits) {
      const path = join(out, "folds", `unet-paper-fold${fold + 1}.json`);
      const ids = (await readFoldRecords(path))?.map(({ metrics }) => metrics.id);
      expect(ids).toEqual(validation);
      expect(validation.filter((id) => train.includes(id))).toEqual([]);
    }
  });

  it("reads what is done, and trains again only what is missing, to the same figures", async () => {
    await rm(join(out, "folds", "ma-paper-fold2.json"));
    await rm(join(out, "table1.md"));
    const again = await compareModels(options());
    expect(again).toMatchObject({ isComplete: true, trained: 1, found: 7 });
    expect(await readTables()).toEqual(tables);
  });

  it("stops when asked, and goes on", async () => {
    await rm(join(out, "folds", "unet-none-fold2.json"));
    const stopped = await compareModels({ ...options(), shouldStop: () => true });
    expect(stopped.isComplete).toBe(false);
    const rest = await compareModels(options());
    expect(rest).toMatchObject({ isComplete: true, trained: 1 });
    expect(await readTables()).toEqual(tables);
  });

  it("refuses a folder of another comparison, naming the setting", async () => {
    const { config } = options();
    const other = compareModels({ ...options(), config: { ...config, epochs: 2 } });
    await expect(other).rejects.toThrow(/expected a comparison with epochs 2, got one with 1/);
  });
});
