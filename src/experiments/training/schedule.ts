import * as z from "zod";

/** A learning-rate schedule as data; see {@link learningRateAt}. */
export type Schedule =
  | { name: "constant" }
  | {
      name: "cosine";
      /** Share of all steps that rise in a line from 0; 0 for none. */
      warmup: number;
      /** Where it ends, as a share of the base rate. */
      floor: number;
    }
  | {
      name: "polynomial";
      /** `(1 − progress) ^ power`; 0.9 is common in segmentation. */
      power: number;
    }
  | {
      name: "staircase";
      /** Shares of all steps at which the rate is multiplied by `factor`. */
      milestones: number[];
      factor: number;
    }
  | {
      name: "exponential";
      /** Where it ends, as a share of the base rate; it falls by the same factor in each step. */
      floor: number;
    }
  | {
      name: "oneCycle";
      /** Share of all steps that rise to the base rate, as half a cosine. */
      warmup: number;
      /** Where it starts, as a share of the base rate. */
      start: number;
      /** Where it ends, as a share of the base rate. */
      floor: number;
    }
  | {
      name: "cosineRestarts";
      /** Half cosines of the same length, one after the other. */
      cycles: number;
      /** Where each ends, as a share of the base rate. */
      floor: number;
    }
  | {
      name: "reduceOnPlateau";
      /** Multiplies the rate after `patience` epochs in which the monitored value was not better. */
      factor: number;
      patience: number;
      /** What counts as better. */
      minDelta: number;
      /** Epochs after a reduction that do not count. */
      cooldown: number;
      /** Where it ends, as a share of the base rate. */
      floor: number;
    };

const share = z.number().min(0).max(1);

/** What a {@link Schedule} must satisfy. */
export const scheduleSchema = z.discriminatedUnion("name", [
  z.strictObject({ name: z.literal("constant") }),
  z.strictObject({
    name: z.literal("cosine"),
    warmup: z.number().min(0).lt(1),
    floor: z.number().min(0).max(1),
  }),
  z.strictObject({ name: z.literal("polynomial"), power: z.number().positive() }),
  z.strictObject({
    name: z.literal("staircase"),
    milestones: z.array(z.number().gt(0).lt(1)),
    factor: z.number().positive().lt(1),
  }),
  z.strictObject({ name: z.literal("exponential"), floor: z.number().positive().max(1) }),
  z.strictObject({
    name: z.literal("oneCycle"),
    warmup: z.number().min(0).lt(1),
    start: share,
    floor: share,
  }),
  z.strictObject({
    name: z.literal("cosineRestarts"),
    cycles: z.int().positive(),
    floor: share,
  }),
  z.strictObject({
    name: z.literal("reduceOnPlateau"),
    factor: z.number().positive().lt(1),
    patience: z.int().positive(),
    minDelta: z.number().min(0),
    cooldown: z.int().min(0),
    floor: share,
  }),
]) satisfies z.ZodType<Schedule>;

/** Where a training stands. */
export interface ScheduleTime {
  /** The rate that the schedule scales. */
  readonly base: number;
  /** Steps done, from 0. */
  readonly step: number;
  /** Steps of the whole training. */
  readonly totalSteps: number;
  /** The monitored value after each epoch so far, for `reduceOnPlateau`; `null` counts as no better. */
  readonly history?: {
    readonly values: readonly (number | null)[];
    readonly mode: "min" | "max";
  };
}

const halfCosine = (from: number, to: number, progress: number): number =>
  to + (from - to) * 0.5 * (1 + Math.cos(Math.PI * progress));

/** How often Keras' `ReduceLROnPlateau` would have reduced the rate. */
function reductions(
  { patience, minDelta, cooldown }: Extract<Schedule, { name: "reduceOnPlateau" }>,
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
 * The learning rate of a step. It depends on the step's number, and for `reduceOnPlateau` on the
 * records of the epochs before, so a resumed training continues it exactly.
 *
 * @example
 * const schedule = { name: "cosine", warmup: 0.5, floor: 0 } as const;
 * [0, 1, 2, 3].map((step) => learningRateAt(schedule, { base: 1, step, totalSteps: 4 })); // [0.5, 1, 1, 0.5]
 */
export function learningRateAt(schedule: Schedule, time: ScheduleTime): number {
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
