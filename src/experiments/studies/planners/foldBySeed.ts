import { ConfigError } from "../../../core/errors";
import type { Split } from "../../../data/splits";
import type { TrainingConfig } from "../../config/trainingConfig";
import { jobId } from "../job";
import type { Job } from "../job";

/** What every study's plan has. */
export interface CommonPlan {
  /** What all jobs share. */
  readonly config: TrainingConfig;
  readonly folds: readonly Split[];
  /** Of weights, order and augmentation; default the configuration's. The folds stay the same. */
  readonly seeds?: readonly number[];
}

/** One fold with one seed. */
export interface Place {
  readonly split: Split;
  readonly seed: number;
  /** The plan's, with the seed. */
  readonly config: TrainingConfig;
}

/** A job whose id is its name with fold and seed. */
export interface Variant extends Omit<Job, "id"> {
  readonly name: readonly string[];
}

/**
 * The jobs of every fold and seed, fold by fold, so that early stops leave whole folds. The
 * configuration's own seed is in no id: seeds that are added later leave its jobs as they are.
 *
 * @throws ConfigError where two jobs have one id, so that one result would count for both
 */
export function foldBySeed(plan: CommonPlan, variantsAt: (place: Place) => Variant[]): Job[] {
  const { config, folds, seeds = [config.seed] } = plan;
  const jobs = folds.flatMap((split) =>
    seeds.flatMap((seed) =>
      variantsAt({ split, seed, config: { ...config, seed } }).map(({ name, ...job }): Job => ({
        id: jobId(name, { fold: split.fold, ...(seed === config.seed ? {} : { seed }) }),
        ...job,
      })),
    ),
  );
  const ids = jobs.map(({ id }) => id);
  const twice = ids.find((id, index) => ids.indexOf(id) !== index);
  if (twice === undefined) return jobs;
  throw new ConfigError({
    where: "study",
    expected: "each training once",
    got: `${twice} twice`,
    remedy: "Name each model, factor, seed and fold once.",
  });
}
