import * as z from "zod";
import type { Split } from "../../data/splits";
import { trainingConfigSchema } from "../config/trainingConfig";
import type { TrainingConfig } from "../config/trainingConfig";
import { epochSizes } from "../training/batch";

/** The value of a factor. */
export type FactorValue = string | number | boolean | null;

/** The factors that a study varies, by name: `{ augmentation: "paper", shots: 5 }`. */
export type Factors = Readonly<Record<string, FactorValue>>;

/** Leaks that a job may have; only for a leak study. */
export interface Leak {
  /** Whether slices of one group may be in several parts of the split. */
  readonly tornGroups: boolean;
  /** Whether augmented copies are made before the split, so that copies of tested slices are trained on. */
  readonly copiesBeforeSplit: boolean;
}

/** One training and its evaluation as plain data; the unit that a study plans, runs and records. */
export interface Job {
  /** Unique in the study; also the name of the job's folder. */
  readonly id: string;
  /** A name accepted by `modelByName`. */
  readonly model: string;
  readonly config: TrainingConfig;
  /** `test` is scored; early stopping watches `validation`. */
  readonly split: Split;
  /** Jobs with the same model and factors form one row of a table, over folds and seeds. */
  readonly factors: Factors;
  /** Training slices whose labels are not used, for `selfTraining`. */
  readonly unlabelled?: readonly string[] | undefined;
  /** Permitted leaks; absent for jobs without leaks. */
  readonly leak?: Leak | undefined;
}

export const factorsSchema = z.record(
  z.string(),
  z.union([z.string(), z.number(), z.boolean(), z.null()]),
);

export const leakSchema = z.strictObject({
  tornGroups: z.boolean(),
  copiesBeforeSplit: z.boolean(),
}) satisfies z.ZodType<Leak>;

/** The schema of a {@link Job}. */
export const jobSchema = z.strictObject({
  id: z.string(),
  model: z.string(),
  config: trainingConfigSchema,
  split: z.strictObject({
    fold: z.int(),
    seed: z.int(),
    train: z.array(z.string()),
    validation: z.array(z.string()),
    test: z.array(z.string()).min(1),
  }),
  factors: factorsSchema,
  unlabelled: z.array(z.string()).optional(),
  leak: leakSchema.optional(),
}) satisfies z.ZodType<Job>;

/**
 * Makes a job's id from the parts of its name, valid as a folder name.
 *
 * @example
 * jobId(["unet", "focal loss"], { fold: 0, seed: 2 }); // "unet-focal_loss-fold1-seed2"
 */
export function jobId(
  parts: readonly string[],
  { fold, seed }: { readonly fold: number; readonly seed?: number },
): string {
  const words = [...parts, `fold${fold + 1}`, ...(seed === undefined ? [] : [`seed${seed}`])];
  return words.map((word) => word.replace(/[^\w.=]+/g, "_")).join("-");
}

/** A key of the table row of a job, equal for all jobs of the row. */
export function rowKey({ model, factors }: Pick<Job, "model" | "factors">): string {
  return JSON.stringify([model, Object.entries(factors).sort()]);
}

/** The number of optimizer steps per epoch. */
export function epochSteps(config: TrainingConfig, slices: number): number {
  // The paper's augmentation adds five copies of each slice.
  return epochSizes(slices * (config.augmentation === "paper" ? 6 : 1), config).steps;
}

/** The number of optimizer steps of a job, including pre-training, teachers and all members of an ensemble. */
export function jobSteps({ config, split }: Pick<Job, "config" | "split">): number {
  const { epochs, pretraining, selfTraining, phantom, inference } = config;
  const before =
    pretraining.epochs > 0 ? pretraining.epochs * epochSteps(config, phantom.count) : 0;
  const own = epochs * epochSteps(config, split.train.length) * (1 + selfTraining.rounds);
  return (before + own) * inference.ensemble;
}
