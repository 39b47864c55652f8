import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { prepareSamples } from "../../../src/data/prepare";
import { checkSplit } from "../../../src/data/splits";
import type { Split } from "../../../src/data/splits";
import { loadEngine } from "../../../src/engine/load";
import { presetConfig } from "../../../src/experiments/config/presets";
import { crossValidationFolds, slicewiseFolds } from "../../../src/experiments/studies/folds";
import { leakNote } from "../../../src/experiments/studies/leakNote";
import { leakStudy } from "../../../src/experiments/studies/leakStudy";
import { planLeakStudy } from "../../../src/experiments/studies/planners/leakStudy";
import { leakBars } from "../../../src/experiments/studies/views/leakTable";
import { tableArquero, tableCsv } from "../../../src/experiments/studies/views/tableText";
import { runJob } from "../../../src/experiments/studies/runJob";
import { leakCopies } from "../../../src/experiments/training/leakedSamples";
import { leakStudyBars } from "../../../src/viz";
import { discDataset } from "../support/discDataset";

loadEngine();
/** Two slices of each of four patients. */
const dataset = ((all) => ({
  ...all,
  cases: all.cases.map((item, index) => ({ ...item, group: `patient-${index >> 1}` })),
}))(discDataset());
const config = presetConfig("smoke", {
  ...{ size: 16, epochs: 1, compiled: false, batchSize: 4, validationFraction: 0 },
  ...{ model: { filters: 2, depth: 1 }, augmentation: "paper" },
});

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "layerbook-leak-"));
});
afterAll(() => rm(folder, { recursive: true }));

describe("leakCopies", () => {
  const samples = prepareSamples(dataset, { size: 16 });
  const ids = samples.map(({ id }) => id);
  const split = { train: ids.slice(0, 6), validation: [], test: ids.slice(6) };
  const { copies, train } = leakCopies(samples, split, 1);

  it("draws as many copies as training without leaks has, including copies of tested slices", () => {
    expect(copies).toHaveLength(5 * 6);
    expect(new Set(copies.map(({ id }) => id)).size).toBe(30);
    expect(train).toEqual([...split.train, ...copies.map(({ id }) => id)]);
    const ofTested = copies.filter(({ id }) => split.test.includes(id.split("@")[0]));
    expect(ofTested.length).toBeGreaterThan(0);
    expect(leakCopies(samples, split, 2).copies).not.toEqual(copies);
  });

  it("never puts the tested slices themselves into training", () => {
    expect(train.filter((id) => split.test.includes(id))).toEqual([]);
  });
});

describe("leakNote", () => {
  const cases = (groups: string) => [...groups].map((group, index) => ({ id: `s${index}`, group }));

  it.each<[string, boolean, RegExp | null]>([
    ["aabbc", true, null],
    ["abc", true, /No two of the 3 slices .* only by their folds. Each patient has one slice/],
    [
      "abc",
      false,
      /do not name patients; .* cannot be seen. The effect of copies before the split/,
    ],
    [
      "aabbc",
      false,
      /only near-duplicates are kept together: 2 groups with 4 of the 5 slices. .* understates the leak/,
    ],
    ["aab", false, /only near-duplicates are kept together: 1 group with 2 of the 3 slices/],
  ])("for groups %s, patients known: %s, is %s", (groups, areKnown, expected) => {
    // A slice that several seeds test counts once.
    const note = leakNote([...cases(groups), ...cases(groups)], areKnown);
    if (expected === null) expect(note).toBeNull();
    else expect(note).toMatch(expected);
  });

  it("is below the table, and is shown before the work", async () => {
    const alone = { ...dataset, cases: dataset.cases.map((item) => ({ ...item, group: item.id })) };
    const warned = jest.spyOn(console, "warn").mockImplementation(() => undefined);
    const { table } = await leakStudy({
      ...{ config, model: "unet", out: join(folder, "alone"), source: "discs", dataset: alone },
      progress: false,
      beforeRun: () => {
        expect(warned).toHaveBeenCalledWith(expect.stringContaining("No two of the 8 slices"));
        return Promise.resolve();
      },
    });
    warned.mockRestore();
    expect(table.convention).toContain("No two of the 8 slices are in one group");
  });
});

describe("slicewiseFolds", () => {
  const { cases } = discDataset(23);
  // Patients with 9, 1, 1, 5, 3, 2 and 2 slices.
  const sizes = [9, 1, 1, 5, 3, 2, 2];
  const owners = sizes.flatMap((count, patient) => Array<string>(count).fill(`patient-${patient}`));
  const uneven = cases.map((item, index) => ({ ...item, group: owners[index] }));

  it.each([
    [2, 0],
    [3, 0.2],
    [4, 0.1],
    ["all" as const, 0.25],
  ])("have the sizes of the patients' folds, for %s folds and validation on %s", (count, share) => {
    const folds = crossValidationFolds(uneven, {
      ...{ folds: count, seed: 3, validationFraction: share },
    });
    const torn = slicewiseFolds(folds, uneven, 3);
    const sizesOf = ({ train, validation, test }: Split): number[] =>
      [train, validation, test].map(({ length }) => length);
    expect(torn.map(sizesOf)).toEqual(folds.map(sizesOf));
    expect(new Set(folds.map((fold) => String(sizesOf(fold)))).size).toBeGreaterThan(1);
    expect(torn.flatMap(({ test }) => test).sort()).toEqual(uneven.map(({ id }) => id).sort());
    // Patients are on both sides.
    expect(() => torn.forEach((split) => checkSplit(split, uneven))).toThrow(/each group on one/);
  });
});

describe("leakStudy", () => {
  it("rejects an augmentation, which it would ignore", async () => {
    const augmented = { ...config, augmentation: "standard" as const };
    const options = { config: augmented, model: "unet", out: join(folder, "refused"), dataset };
    await expect(leakStudy({ ...options, source: "discs" })).rejects.toThrow(
      /config\.augmentation: .*"standard", which a leak study sets to "paper" itself/,
    );
  });

  it("trains under four protocols, and shows each with and without the background", async () => {
    const out = join(folder, "study");
    const options = { config, model: "unet", out, source: "discs", dataset };
    const study = await leakStudy({ ...options, progress: false });
    expect(study).toMatchObject({ isComplete: true, trained: 8, found: 0 });
    expect(study.table.rows.map(({ factors }) => Object.values(factors))).toEqual([
      ["after the split", "kept together", "left out"],
      ["after the split", "torn apart", "left out"],
      ["before the split", "kept together", "left out"],
      ["before the split", "torn apart", "left out"],
      ["after the split", "kept together", "counted"],
      ["after the split", "torn apart", "counted"],
      ["before the split", "kept together", "counted"],
      ["before the split", "torn apart", "counted"],
    ]);
    // Every slice is tested once in every row, and in as many steps.
    for (const row of study.table.rows) expect(row).toMatchObject({ cases: 8, patients: 4 });
    expect(new Set(study.records.map(({ training }) => training?.steps)).size).toBe(1);
    // The permission is recorded, and jobs without leaks have none.
    expect(study.records.slice(0, 4).map(({ leak }) => leak)).toEqual([
      undefined,
      { tornGroups: true, copiesBeforeSplit: false },
      { tornGroups: false, copiesBeforeSplit: true },
      { tornGroups: true, copiesBeforeSplit: true },
    ]);
    // The background is almost all of a slice, so its Dice raises the mean.
    const [honest, , , , counted] = study.table.rows.map(({ scores }) => scores["Dice"].mean);
    expect(counted).not.toBeCloseTo(honest, 3);
    const background = study.records
      .filter(({ leak }) => leak === undefined)
      .flatMap(({ cases }) => cases.map(({ classes }) => classes));
    const means = background.map((classes) => {
      const present = classes.filter(
        ({ counts }) => counts.truePositives + counts.falseNegatives > 0,
      );
      return present.reduce((sum, { dice }) => sum + dice, 0) / present.length;
    });
    expect(counted).toBeCloseTo(means.reduce((a, b) => a + b) / means.length, 10);

    for (const name of ["leak-study.md", "leak-study.csv", "leak-study.tex"]) {
      expect(await readFile(join(out, name), "utf8")).toContain("torn apart");
    }
    expect(tableCsv(study.table).split("\n")[0]).toMatch(/^model,copies,groups,background,dice/);
    expect((await tableArquero(study.table)).numRows()).toBe(8);
    const bars = leakBars(study.table);
    expect(bars.map(({ name }) => name).slice(0, 4)).toEqual([
      ...["honest protocol", "groups torn apart", "copies before the split"],
      "copies before the split, groups torn apart",
    ]);
    expect(leakStudyBars(bars).data).not.toHaveLength(0);

    const again = await leakStudy({ ...options, progress: false });
    expect(again).toMatchObject({ trained: 0, found: 8 });
    expect(again.table).toEqual(study.table);
  });
});

describe("the permission to split groups", () => {
  const split = {
    ...{ fold: 0, seed: 1, validation: [] },
    train: dataset.cases.slice(1).map(({ id }) => id),
    test: [dataset.cases[0].id],
  };

  it("is required, and applies only to groups", () => {
    expect(() => checkSplit(split, dataset.cases)).toThrow(/each group on one side/);
    expect(() => checkSplit(split, dataset.cases, { allowsTornGroups: true })).not.toThrow();
    const twice = { ...split, train: [...split.train, ...split.test] };
    expect(() => checkSplit(twice, dataset.cases, { allowsTornGroups: true })).toThrow(
      /each case on one side/,
    );
  });

  it("is checked for every job", async () => {
    const [job] = planLeakStudy({
      ...{ model: "unet", config, folds: [split], tornFolds: [split] },
    });
    const place = { folder: join(folder, "job"), source: "discs", dataset };
    await expect(runJob(job, place)).rejects.toThrow(/each group on one side/);
  });
});
