import { ConfigError } from "../../../core/errors";
import type { Split } from "../../../data/splits";
import type { TrainingConfig } from "../../config/trainingConfig";
import { jobId } from "../job";
import type { Job } from "../job";

/** Options common to all planners. */
export interface CommonPlan {
  /** The settings shared by all jobs. */
  readonly config: TrainingConfig;
  readonly folds: readonly Split[];
  /** Seeds of weights, order and augmentation; default that of the configuration. The folds stay the same. */
  readonly seeds?: readonly number[];
}

/** One fold with one seed. */
export interface Place {
  readonly split: Split;
  readonly seed: number;
  /** The configuration of the plan with the seed. */
  readonly config: TrainingConfig;
}

/** A job without an id, which is made from its name, fold and seed. */
export interface Variant extends Omit<Job, "id"> {
  readonly name: readonly string[];
}

/**
 * Plans the jobs of every fold and seed, fold by fold, so that a study that is stopped early has complete
 * folds. The configuration's own seed is not part of the id, so that seeds can be added later.
 *
 * @throws ConfigError if two jobs have the same id, so that one result would count for both
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
