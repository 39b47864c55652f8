import * as z from "zod";
import { parseConfig } from "../config/parseConfig";

/**
 * A learning-rate schedule as data; see {@link learningRateAt}. Defaults are those of Keras' schedule or
 * callback of that name, and of PyTorch's for the two that Keras does not have (`staircase`: `MultiStepLR`,
 * `oneCycle`: `OneCycleLR`).
 */
export type Schedule =
  | { name: "constant" }
  | {
      name: "cosine";
      /** Fraction of all steps over which the rate rises linearly from 0; default 0. */
      warmup?: number;
      /** Final rate, as a fraction of the base rate; default 0. */
      floor?: number;
    }
  | {
      name: "polynomial";
      /** `(1 − progress) ^ power`; default 1. 0.9 is common in segmentation. */
      power?: number;
    }
  | {
      name: "staircase";
      /** Fractions of all steps at which the rate is multiplied by `factor`. */
      milestones: number[];
      /** Default 0.1. */
      factor?: number;
    }
  | {
      name: "exponential";
      /** Final rate, as a fraction of the base rate; each step multiplies the rate by the same factor. */
      floor: number;
    }
  | {
      name: "oneCycle";
      /** Fraction of all steps over which the rate rises to the base rate, as half a cosine; default 0.3. */
      warmup?: number;
      /** Initial rate, as a fraction of the base rate; default 0.04. */
      start?: number;
      /** Final rate, as a fraction of the base rate; default 0.000004. */
      floor?: number;
    }
  | {
      name: "cosineRestarts";
      /** Number of half cosines of equal length. */
      cycles: number;
      /** Rate at the end of each half cosine, as a fraction of the base rate; default 0. */
      floor?: number;
    }
  | {
      name: "reduceOnPlateau";
      /** Multiplies the rate after `patience` epochs without improvement of the monitored value; default 0.1. */
      factor?: number;
      /** Default 10. */
      patience?: number;
      /** The smallest change that counts as an improvement; default 0.0001. */
      minDelta?: number;
      /** Epochs after a reduction that do not count; default 0. */
      cooldown?: number;
      /** Lowest rate, as a fraction of the base rate; default 0. */
      floor?: number;
    };

type Complete<T> = T extends unknown ? Required<T> : never;

/** A {@link Schedule} with every default filled in. */
export type ResolvedSchedule = Complete<Schedule>;

const share = z.number().min(0).max(1);
const warmup = z.number().min(0).lt(1);
const factor = z.number().positive().lt(1).default(0.1);

/** The schema of a {@link Schedule}, which fills in the defaults. */
export const scheduleSchema = z.discriminatedUnion("name", [
  z.strictObject({ name: z.literal("constant") }),
  z.strictObject({
    name: z.literal("cosine"),
    warmup: warmup.default(0),
    floor: share.default(0),
  }),
  z.strictObject({ name: z.literal("polynomial"), power: z.number().positive().default(1) }),
  z.strictObject({
    name: z.literal("staircase"),
    milestones: z.array(z.number().gt(0).lt(1)),
    factor,
  }),
  z.strictObject({ name: z.literal("exponential"), floor: z.number().positive().max(1) }),
  z.strictObject({
    name: z.literal("oneCycle"),
    warmup: warmup.default(0.3),
    start: share.default(1 / 25),
    floor: share.default(1 / 25 / 1e4),
  }),
  z.strictObject({
    name: z.literal("cosineRestarts"),
    cycles: z.int().positive(),
    floor: share.default(0),
  }),
  z.strictObject({
    name: z.literal("reduceOnPlateau"),
    factor,
    patience: z.int().positive().default(10),
    minDelta: z.number().min(0).default(1e-4),
    cooldown: z.int().min(0).default(0),
    floor: share.default(0),
  }),
]) satisfies z.ZodType<ResolvedSchedule, Schedule>;

/** The progress of a training. */
export interface ScheduleTime {
  /** The rate that the schedule scales. */
  readonly base: number;
  /** Number of steps done. */
  readonly step: number;
  /** Number of steps of the whole training. */
  readonly totalSteps: number;
  /** The monitored value after each epoch so far, for `reduceOnPlateau`; `null` is not an improvement. */
  readonly history?: {
    readonly values: readonly (number | null)[];
    readonly mode: "min" | "max";
  };
}

const halfCosine = (from: number, to: number, progress: number): number =>
  to + (from - to) * 0.5 * (1 + Math.cos(Math.PI * progress));

/** How often Keras' `ReduceLROnPlateau` would have reduced the rate. */
function reductions(
  { patience, minDelta, cooldown }: Extract<ResolvedSchedule, { name: "reduceOnPlateau" }>,
  { values, mode }: NonNullable<ScheduleTime["history"]>,
): number {
  const sign = mode === "max" ? 1 : -1;
  let [best, waited, resting, count] = [-Infinity, 0, 0, 0];
  for (const value of values) {
    if (resting > 0) [resting, waited] = [resting - 1, 0];
    const score = value === null || !Number.isFinite(value) ? -Infinity : sign * value;
    if (score > best + minDelta) [best, waited] = [score, 0];
    else if (resting === 0 && ++waited >= patience) {
      [resting, waited, count] = [cooldown, 0, count + 1];
    }
  }
  return count;
}

/**
 * The learning rate of a step. It depends only on the step's number and, for `reduceOnPlateau`, on the
 * records of earlier epochs, so a resumed training continues exactly.
 *
 * @throws ConfigError for an unknown setting or one out of range
 * @example
 * const schedule = { name: "cosine", warmup: 0.5, floor: 0 } as const;
 * [0, 1, 2, 3].map((step) => learningRateAt(schedule, { base: 1, step, totalSteps: 4 })); // [0.5, 1, 1, 0.5]
 */
export function learningRateAt(schedule: Schedule, time: ScheduleTime): number {
  return resolvedRateAt(parseConfig("learningRateAt", scheduleSchema, schedule), time);
}

/** As {@link learningRateAt}, for a schedule that is already checked. */
export function resolvedRateAt(schedule: ResolvedSchedule, time: ScheduleTime): number {
  const { base, step, totalSteps } = time;
  const progress = totalSteps > 0 ? Math.min(step / totalSteps, 1) : 0;
  switch (schedule.name) {
    case "constant":
      return base;
    case "cosine": {
      const warmupSteps = Math.round(schedule.warmup * totalSteps);
      if (step < warmupSteps) return (base * (step + 1)) / warmupSteps;
      const rest = Math.max(totalSteps - warmupSteps, 1);
      const wave = 0.5 * (1 + Math.cos(Math.PI * Math.min((step - warmupSteps) / rest, 1)));
      return base * (schedule.floor + (1 - schedule.floor) * wave);
    }
    case "polynomial":
      return base * (1 - progress) ** schedule.power;
    case "staircase": {
      const passed = schedule.milestones.filter((milestone) => progress >= milestone).length;
      return base * schedule.factor ** passed;
    }
    case "exponential":
      return base * schedule.floor ** progress;
    case "oneCycle": {
      const last = Math.max(totalSteps - 1, 1);
      const peak = schedule.warmup * totalSteps - 1;
      return (
        base *
        (step < peak
          ? halfCosine(schedule.start, 1, step / peak)
          : halfCosine(1, schedule.floor, Math.min((step - peak) / Math.max(last - peak, 1), 1)))
      );
    }
    case "cosineRestarts": {
      const within = (progress * schedule.cycles) % 1;
      return base * halfCosine(1, schedule.floor, progress === 1 ? 1 : within);
    }
    case "reduceOnPlateau": {
      const { history = { values: [], mode: "min" } } = time;
      return base * Math.max(schedule.factor ** reductions(schedule, history), schedule.floor);
    }
  }
}
