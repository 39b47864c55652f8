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
    };

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
]) satisfies z.ZodType<Schedule>;

/** Where a training stands. */
export interface ScheduleTime {
  /** The rate that the schedule scales. */
  readonly base: number;
  /** Steps done, from 0. */
  readonly step: number;
  /** Steps of the whole training. */
  readonly totalSteps: number;
}

/**
 * The learning rate of a step. It depends on the step's number alone, so a resumed training
 * continues it exactly.
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
  }
}
