import { readFile } from "node:fs/promises";
import * as z from "zod";
import { ConfigError, DataError } from "../core/errors";
import { parseJson } from "../core/json";
import { repeatedKey } from "../core/repeatedKey";
import { createRandom } from "../core/random";
import { asDataError } from "../files/systemErrors";
import { writeJsonWhole } from "../files/writeWhole";
import type { Plane } from "./types";

/** What can be split: slice cases or samples. */
export interface Splittable {
  readonly id: string;
  readonly group: string;
  readonly labels: Plane<Uint8Array> | null;
  readonly augmentation?: string;
}

/** The ids of the cases in each part; plain JSON. */
export interface Split {
  fold: number;
  seed: number;
  train: string[];
  validation: string[];
  test: string[];
}

const splitSchema = z.strictObject({
  fold: z.int().nonnegative(),
  seed: z.int().nonnegative(),
  train: z.array(z.string()),
  validation: z.array(z.string()),
  test: z.array(z.string()),
}) satisfies z.ZodType<Split>;

const PARTS = ["train", "validation", "test"] as const;

/** The cases of one group and the classes that occur in them. */
interface Group {
  readonly ids: string[];
  readonly classes: Set<number>;
}

function collectGroups(where: string, cases: readonly Splittable[]): Group[] {
  const seen = new Set<string>();
  const groups = new Map<string, Group>();
  for (const { id, group, labels, augmentation } of cases) {
    if (augmentation !== undefined) {
      throw new ConfigError({
        where,
        expected: "original cases",
        got: `${id}, an augmented copy (${augmentation})`,
        remedy:
          "Split first, then augment the training part: a copy in another part would be a leak",
      });
    }
    if (seen.has(id)) {
      throw new ConfigError({ where, expected: "each case once", got: `${id} twice` });
    }
    seen.add(id);
    const entry = groups.get(group) ?? { ids: [], classes: new Set<number>() };
    entry.ids.push(id);
    for (const label of new Set(labels?.data ?? [])) entry.classes.add(label);
    groups.set(group, entry);
  }
  return [...groups.values()];
}

/**
 * Divides groups into parts of given fractions. Groups are shuffled, then ordered by the classes that
 * they have, so that groups with the same classes are divided in the same proportion.
 *
 * @param shares the fraction of each part; they add up to 1
 * @returns the ids of each part, in the order of `cases`
 */
function deal(
  where: string,
  cases: readonly Splittable[],
  shares: readonly number[],
  seed: number,
): string[][] {
  const groups = collectGroups(where, cases);
  const wanted = shares.filter((share) => share > 0).length;
  if (groups.length < wanted) {
    throw new ConfigError({
      where,
      expected: `at least ${wanted} groups of cases`,
      got: `${groups.length} (${cases.length} ${cases.length === 1 ? "case" : "cases"})`,
      remedy:
        "Add patients, ask for fewer parts, or, if the slices are of different patients, give each its own group",
    });
  }
  const random = createRandom(seed);
  const stratum = (group: Group) => [...group.classes].sort().join();
  const order = random
    .permutation(groups.length)
    .map((index) => groups[index])
    .sort((a, b) => (stratum(a) < stratum(b) ? -1 : stratum(a) > stratum(b) ? 1 : 0));
  const dealt = shares.map((): Group[] => []);
  const counts = shares.map(() => 0);
  let total = 0;
  for (const group of order) {
    total += group.ids.length;
    const lacks = shares.map((share, part) =>
      share > 0 ? share * total - counts[part] : -Infinity,
    );
    const part = lacks.indexOf(Math.max(...lacks));
    dealt[part].push(group);
    counts[part] += group.ids.length;
  }
  fillEmptyParts(dealt, shares);
  const position = new Map(cases.map(({ id }, index) => [id, index]));
  return dealt.map((part) =>
    part.flatMap(({ ids }) => ids).sort((a, b) => (position.get(a) ?? 0) - (position.get(b) ?? 0)),
  );
}

/** Moves the smallest group of the part with the most groups into each part that should not be empty. */
function fillEmptyParts(dealt: Group[][], shares: readonly number[]): void {
  dealt.forEach((part, index) => {
    if (shares[index] === 0 || part.length > 0) return;
    const richest = dealt.reduce((a, b) => (b.length > a.length ? b : a));
    richest.sort((a, b) => b.ids.length - a.ids.length);
    part.push(...richest.splice(-1));
  });
}

function checkFraction(where: string, value: number): void {
  if (!(value >= 0 && value < 1)) {
    throw new ConfigError({ where, expected: "a fraction in [0, 1)", got: String(value) });
  }
}

/**
 * Splits cases into training, validation and test parts. Groups stay whole, and the parts are
 * stratified by the classes that groups have.
 *
 * @param cases cases or samples, none of them augmented
 * @param options.seed the same seed gives the same split
 * @param options.testFraction fraction of the cases held out for the final test; default 0
 * @param options.validationFraction fraction held out for early stopping; default 0
 * @throws ConfigError for too few groups, a duplicate case or an augmented copy
 * @example
 * const labels = null;
 * const cases = ["a", "b", "c", "d"].map((id) => ({ id, group: id, labels }));
 * splitByGroup(cases, { seed: 1, testFraction: 0.25 }).test.length; // 1
 */
export function splitByGroup(
  cases: readonly Splittable[],
  options: {
    readonly seed: number;
    readonly testFraction?: number;
    readonly validationFraction?: number;
  },
): Split {
  const { seed, testFraction = 0, validationFraction = 0 } = options;
  checkFraction("splitByGroup.testFraction", testFraction);
  checkFraction("splitByGroup.validationFraction", validationFraction);
  const trainFraction = 1 - testFraction - validationFraction;
  if (!(trainFraction > 0)) {
    throw new ConfigError({
      where: "splitByGroup",
      expected: "something left to train on",
      got: `testFraction ${testFraction} and validationFraction ${validationFraction}`,
      remedy: "Lower one of them.",
    });
  }
  const shares = [trainFraction, validationFraction, testFraction];
  const [train, validation, test] = deal("splitByGroup.cases", cases, shares, seed);
  const split = { fold: 0, seed, train, validation, test };
  checkSplit(split, cases);
  return split;
}

/**
 * Makes cross-validation folds. Each case is in the validation part of exactly one fold, groups stay
 * whole, and folds are stratified by class.
 *
 * @throws ConfigError for fewer than two folds or fewer groups than folds
 */
export function kFold(
  cases: readonly Splittable[],
  options: { readonly folds: number; readonly seed: number },
): Split[] {
  const { folds, seed } = options;
  if (!Number.isInteger(folds) || folds < 2) {
    throw new ConfigError({ where: "kFold.folds", expected: "2 or more", got: String(folds) });
  }
  return dealFolds(
    cases,
    Array.from({ length: folds }, () => 1 / folds),
    seed,
  );
}

/**
 * As {@link kFold}, but with folds of given sizes. The sizes are exact if each case is a group of its own and each
 * fraction is a whole number of cases.
 *
 * @param shares the fraction of the cases that each fold holds out; they add up to 1
 */
export function dealFolds(
  cases: readonly Splittable[],
  shares: readonly number[],
  seed: number,
): Split[] {
  const parts = deal("kFold.cases", cases, shares, seed);
  return parts.map((validation, fold) => {
    const held = new Set(validation);
    const train = cases.filter(({ id }) => !held.has(id)).map(({ id }) => id);
    const split = { fold, seed, train, validation, test: [] };
    checkSplit(split, cases);
    return split;
  });
}

/**
 * Checks that no case and no group is in two parts, and that every id is known.
 *
 * @param options `allowsTornGroups` (default false) permits a group in several parts, to study the
 *   effect
 * @throws ConfigError that names the case
 */
export function checkSplit(
  split: Split,
  cases: readonly Splittable[],
  options: { readonly allowsTornGroups?: boolean } = {},
): void {
  const { allowsTornGroups = false } = options;
  const groupOf = new Map(cases.map(({ id, group }) => [id, group]));
  const sideOf = new Map<string, string>();
  const sideOfGroup = new Map<string, string>();
  for (const side of PARTS) {
    for (const id of split[side]) {
      const group = groupOf.get(id);
      const where = `split (fold ${split.fold})`;
      if (group === undefined) {
        throw new ConfigError({
          where,
          expected: "cases of this data set",
          got: `"${id}"`,
          remedy: `Their ids are ${exampleIds(cases)}; the split may have been made for other data`,
        });
      }
      const other = sideOf.get(id);
      if (other !== undefined) {
        throw new ConfigError({
          where,
          expected: "each case on one side",
          got: `${id} in ${other} and ${side}`,
        });
      }
      const groupSide = sideOfGroup.get(group);
      if (!allowsTornGroups && groupSide !== undefined && groupSide !== side) {
        throw new ConfigError({
          where,
          expected: "each group on one side",
          got: `group ${group} in ${groupSide} and, with ${id}, in ${side}`,
          remedy: "Neighbours across a split are a leak: make the split with splitByGroup or kFold",
        });
      }
      sideOf.set(id, side);
      sideOfGroup.set(group, side);
    }
  }
}

/** The first ids, to be compared with a wrong one. */
function exampleIds(cases: readonly Splittable[]): string {
  const shown = cases.slice(0, 3).map(({ id }) => `"${id}"`);
  return `${shown.join(", ")}${cases.length > shown.length ? ", …" : ""}`;
}

/** The items with these ids, in the order of the ids. */
export function selectById<T extends { readonly id: string }>(
  items: readonly T[],
  ids: readonly string[],
): T[] {
  const byId = new Map(items.map((item) => [item.id, item]));
  return ids.map((id) => {
    const item = byId.get(id);
    if (item === undefined) {
      throw new ConfigError({ where: "selectById.ids", expected: "known ids", got: id });
    }
    return item;
  });
}

/** Writes splits as JSON, atomically. */
export async function writeSplits(path: string, splits: readonly Split[]): Promise<void> {
  await writeJsonWhole(path, splits);
}

/**
 * Reads splits and checks them against their cases.
 *
 * @throws DataError for a file without splits; ConfigError if they overlap or do not match the cases
 */
export async function readSplits(path: string, cases: readonly Splittable[]): Promise<Split[]> {
  const expected = "splits as writeSplits saves them";
  const text = await readFile(path, "utf8").catch((cause: unknown) => {
    throw asDataError(path, expected, cause);
  });
  const value = parsed(text);
  const repeated = value === undefined ? null : repeatedKey(text);
  if (repeated !== null) {
    throw new DataError({
      where: path,
      expected: "each key of a split once",
      got: `"${repeated}" twice`,
      remedy: "Remove one of them",
    });
  }
  const result = z.array(splitSchema).min(1, "no split").safeParse(value);
  if (!result.success) {
    const [{ message, path: place }] = result.error.issues;
    throw new DataError({
      where: path,
      expected,
      got:
        value === undefined
          ? "text that is not JSON"
          : [...place, message.replace("Invalid input: ", "")].join(": "),
      remedy: `Write an array of {"fold", "seed", "train", "validation", "test"} with the ids of the cases`,
    });
  }
  for (const split of result.data) checkSplit(split, cases);
  return result.data;
}

/** @returns `undefined` for text that is not JSON */
function parsed(text: string): unknown {
  try {
    return parseJson(text.replace(/^\uFEFF/, ""));
  } catch {
    return undefined;
  }
}
