import { ConfigError } from "../../core/errors";
import { dealFolds, kFold, selectById, splitByGroup } from "../../data/splits";
import type { Split, Splittable } from "../../data/splits";
import type { TrainingConfig } from "../config/trainingConfig";

/**
 * The folds of a cross-validation for jobs: each holds out a part as `test`. The validation slices of
 * early stopping are taken from the rest, so that the held-out part stays unseen.
 *
 * @param config `folds` may be `"all"`, which holds out each patient once
 * @throws ConfigError for fewer patients than folds
 */
export function crossValidationFolds(
  cases: readonly Splittable[],
  config: Pick<TrainingConfig, "folds" | "seed" | "validationFraction">,
): Split[] {
  const { seed } = config;
  const patients = new Set(cases.map(({ group }) => group)).size;
  const folds = config.folds === "all" ? patients : config.folds;
  return kFold(cases, { folds, seed }).map((split) => heldOut(split, cases, config));
}

/**
 * A user's own splits as folds. If a split has no `test`, its `validation` is held out, as in splits
 * from `kFold`.
 *
 * @throws ConfigError for a split that holds out nothing, or a duplicate fold or held-out case
 */
export function ownFolds(
  splits: readonly Split[],
  cases: readonly Splittable[],
  config: Pick<TrainingConfig, "seed" | "validationFraction">,
): Split[] {
  const folds = splits.map((split) => {
    if (split.test.length > 0) return split;
    if (split.validation.length > 0) return heldOut(split, cases, config);
    throw new ConfigError({
      where: `split (fold ${split.fold})`,
      expected: "cases to test on",
      got: "none in test or validation",
    });
  });
  rejectDuplicates(
    "splits",
    "each fold",
    folds.map(({ fold }) => `fold ${fold}`),
  );
  rejectDuplicates(
    "splits",
    "each case held out",
    folds.flatMap(({ test }) => test),
  );
  return folds;
}

/** Rejects duplicates, since a study scores each case once and names a job by its fold. */
function rejectDuplicates(where: string, what: string, names: readonly string[]): void {
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice === undefined) return;
  throw new ConfigError({ where, expected: `${what} once`, got: `${twice} twice` });
}

/**
 * Folds whose parts have the same sizes as those of a study, but split by slices, as if each slice were from a
 * different patient.
 *
 * @param folds the study's folds, which hold out each case once
 */
export function slicewiseFolds(
  folds: readonly Split[],
  cases: readonly Splittable[],
  seed: number,
): Split[] {
  const alone = cases.map((item) => ({ ...item, group: item.id }));
  const shares = folds.map(({ test }) => test.length / cases.length);
  return dealFolds(alone, shares, seed).map((split, index) => {
    const { train, validation } = folds[index];
    const validationFraction = validation.length / (train.length + validation.length);
    return heldOut(split, alone, { seed, validationFraction });
  });
}

function heldOut(
  split: Split,
  cases: readonly Splittable[],
  { seed, validationFraction }: Pick<TrainingConfig, "seed" | "validationFraction">,
): Split {
  const inner = splitByGroup(selectById(cases, split.train), { seed, validationFraction });
  return { ...inner, fold: split.fold, seed: split.seed, test: split.validation };
}
