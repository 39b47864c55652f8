import { writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { ConfigError, DataError } from "../../src/core/errors";
import { paperCopies } from "../../src/data/augment/paperCopies";
import type { Splittable } from "../../src/data/splits";
import {
  checkSplit,
  kFold,
  readSplits,
  selectById,
  splitByGroup,
  writeSplits,
} from "../../src/data/splits";
import { tempFolder } from "../support/tempFolder";

const folder = tempFolder();

/** A case with some classes. */
function item(id: string, group: string, classes: number[] = [0]): Splittable {
  return {
    id,
    group,
    labels: { height: 1, width: classes.length, data: Uint8Array.from(classes) },
  };
}

/** Fifty cases in 40 groups, ten of them with two cases; a fifth of the cases have class 2. */
const fifty = Array.from({ length: 50 }, (_, i) =>
  item(`case${i}`, `group${i % 40}`, i % 5 === 0 ? [0, 1, 2] : [0, 1]),
);

describe("splitByGroup", () => {
  it("gives each part its fraction and keeps groups whole", () => {
    const split = splitByGroup(fifty, { seed: 3, testFraction: 0.2, validationFraction: 0.1 });
    expect(split.train.length + split.validation.length + split.test.length).toBe(50);
    expect(Math.abs(split.test.length - 10)).toBeLessThanOrEqual(1);
    expect(Math.abs(split.validation.length - 5)).toBeLessThanOrEqual(1);
    const sides = new Map<string, Set<string>>();
    for (const part of ["train", "validation", "test"] as const) {
      for (const { group } of selectById(fifty, split[part])) {
        sides.set(group, (sides.get(group) ?? new Set()).add(part));
      }
    }
    expect([...sides.values()].every((set) => set.size === 1)).toBe(true);
  });

  it("divides the rare class in proportion", () => {
    const split = splitByGroup(fifty, { seed: 1, testFraction: 0.4 });
    const rare = (ids: string[]) =>
      selectById(fifty, ids).filter(({ labels }) => labels?.data.includes(2)).length;
    expect(rare(split.test)).toBeGreaterThanOrEqual(3);
    expect(rare(split.test)).toBeLessThanOrEqual(5);
  });

  it("is the same for the same seed, and different for another", () => {
    const split = (seed: number) => splitByGroup(fifty, { seed, testFraction: 0.3 });
    expect(split(5)).toEqual(split(5));
    expect(split(5).test).not.toEqual(split(6).test);
  });

  it("rejects copies, duplicate cases, too few groups and fractions that leave nothing", () => {
    const sample = {
      ...{ id: "a", group: "a", image: { height: 2, width: 2, data: new Float32Array(4) } },
      labels: null,
    };
    const copies = [sample, ...paperCopies(sample)];
    expect(() => splitByGroup(copies, { seed: 1, testFraction: 0.5 })).toThrow(
      /got a@rotate90, an augmented copy \(rotate90\)\. Split first/,
    );
    expect(() => kFold(copies, { folds: 2, seed: 1 })).toThrow(/augmented copy/);
    expect(() => splitByGroup([fifty[0], fifty[0]], { seed: 1 })).toThrow(/case0 twice/);
    const one = [item("a", "g"), item("b", "g")];
    expect(() => splitByGroup(one, { seed: 1, testFraction: 0.5 })).toThrow(/at least 2 groups/);
    expect(() => splitByGroup(fifty, { seed: 1, testFraction: 1 })).toThrow(ConfigError);
    expect(() =>
      splitByGroup(fifty, { seed: 1, testFraction: 0.6, validationFraction: 0.5 }),
    ).toThrow(/something left to train on/);
  });
});

describe("kFold", () => {
  it("validates each case once, trains on all others, whatever the groups", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(12), fc.subarray([1, 2, 3])), { minLength: 14, maxLength: 60 }),
        fc.integer({ min: 2, max: 5 }),
        fc.nat(1000),
        (drawn, folds, seed) => {
          const cases = drawn.map(([group, classes], i) =>
            item(`c${i}`, `g${group}`, [0, ...classes]),
          );
          fc.pre(new Set(cases.map(({ group }) => group)).size >= folds);
          const splits = kFold(cases, { folds, seed });
          expect(splits).toHaveLength(folds);
          const validated = splits.flatMap(({ validation }) => validation).sort();
          expect(validated).toEqual(cases.map(({ id }) => id).sort());
          for (const split of splits) {
            expect(split.train.length + split.validation.length).toBe(cases.length);
            expect(split.validation.length).toBeGreaterThan(0);
            expect(() => checkSplit(split, cases)).not.toThrow();
          }
        },
      ),
    );
  });

  it("rejects one fold and more folds than groups", () => {
    expect(() => kFold(fifty, { folds: 1, seed: 1 })).toThrow(/2 or more/);
    expect(() => kFold(fifty.slice(0, 3), { folds: 10, seed: 1 })).toThrow(/at least 10 groups/);
  });
});

describe("checkSplit", () => {
  const cases = [item("a", "g"), item("b", "g"), item("c", "h")];
  const split = { fold: 2, seed: 1, train: ["a", "b"], validation: ["c"], test: [] };

  it("rejects a case or a group in two parts, and unknown cases", () => {
    expect(() => checkSplit(split, cases)).not.toThrow();
    expect(() => checkSplit({ ...split, validation: ["c", "a"] }, cases)).toThrow(
      /split \(fold 2\): expected each case on one side, got a in train and validation/,
    );
    expect(() => checkSplit({ ...split, train: ["a"], test: ["b"] }, cases)).toThrow(
      /group g in train and, with b, in test/,
    );
    expect(() => checkSplit({ ...split, train: ["z"] }, cases)).toThrow(/other data/);
  });

  it("accepts splits that were saved as JSON", async () => {
    const path = join(folder, "splits.json");
    const splits = kFold(fifty, { folds: 4, seed: 9 });
    await writeSplits(path, splits);
    expect(await readSplits(path, fifty)).toEqual(splits);
    await expect(readSplits(path, fifty.slice(1))).rejects.toThrow(
      /got "case0"\. Their ids are "case1", "case2", "case3", …/,
    );
    writeFileSync(path, JSON.stringify([{ ...splits[0], train: [3] }]));
    await expect(readSplits(path, fifty)).rejects.toThrow(DataError);
    writeFileSync(path, "[{");
    await expect(readSplits(path, fifty)).rejects.toThrow(
      /got text that is not JSON\. Write an array/,
    );
    writeFileSync(path, '[{ "fold": 0, "train": ["case1"], "train": ["case2"] }]');
    await expect(readSplits(path, fifty)).rejects.toThrow(
      /splits\.json: expected each key of a split once, got "0\.train" twice/,
    );
    writeFileSync(path, `\uFEFF${JSON.stringify(splits)}`);
    expect(await readSplits(path, fifty)).toEqual(splits);
    writeFileSync(path, "[]");
    await expect(readSplits(path, fifty)).rejects.toThrow(/got no split/);
    const missing = join(folder, "none.json");
    await expect(readSplits(missing, fifty)).rejects.toThrow(
      /none\.json: .*got nothing at that path/,
    );
  });
});
