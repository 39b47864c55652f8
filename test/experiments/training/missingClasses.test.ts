import {
  expectForeground,
  missingClassNotes,
} from "../../../src/experiments/training/missingClasses";
import type { SliceCase } from "../../../src/data/types";

const slice = (id: string, ...labels: number[]): SliceCase => ({
  ...{ id, group: id, unit: "grey8", spacingMm: null },
  image: { height: 1, width: labels.length, data: new Float32Array(labels.length) },
  labels: { height: 1, width: labels.length, data: Uint8Array.from(labels) },
});
const classNames = ["background", "ground-glass", "consolidation"];
const cases = [slice("a", 0, 1), slice("b", 0, 1), slice("c", 1, 2), slice("d", 0, 0)];

it("rejects masks with background only", () => {
  expect(() => expectForeground("data", { cases: [cases[3]] })).toThrow(
    "data: expected masks that mark at least one class, got 1 with background only",
  );
  expect(() => expectForeground("data", { cases })).not.toThrow();
});

it("names the classes that are missing from training", () => {
  const folds = [
    { fold: 0, train: ["a", "b"] },
    { fold: 1, train: ["a", "c"] },
    { fold: 2, train: ["d"] },
  ];
  expect(missingClassNotes({ cases, classNames }, folds)).toEqual([
    'in folds 1, 3 no training slice has "consolidation", so it cannot be learned.',
    'in fold 3 no training slice has "ground-glass", so it cannot be learned.',
  ]);
  expect(missingClassNotes({ cases, classNames }, [folds[0]])).toEqual([
    'no training slice has "consolidation", so it cannot be learned.',
  ]);
  expect(missingClassNotes({ cases, classNames }, [folds[1]])).toEqual([]);
});

it("ignores a class that the data set does not have", () => {
  const named = [...classNames, "pleural effusion"];
  const folds = [{ fold: 0, train: ["a", "c"] }];
  expect(missingClassNotes({ cases, classNames: named }, folds)).toEqual([]);
});
