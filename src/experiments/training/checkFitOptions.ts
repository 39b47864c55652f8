import * as z from "zod";
import { ConfigError } from "../../core/errors";
import { createOptimizer, OPTIMIZER_NAMES } from "../../core/optimizers/createOptimizer";
import { nearestName } from "../../core/unknownOptions";
import { LOSS_NAMES } from "../../losses/lossNames";
import { parseConfig } from "../config/parseConfig";
import type { FitOptions } from "./fitOptions";
import { scheduleSchema } from "./schedule";

const count = z.int().positive();

function functionSchema<T>(): z.ZodType<T> {
  return z.custom<T>((value) => typeof value === "function", "a function");
}

const lossSchema = z.strictObject({
  name: z.enum(LOSS_NAMES),
  classWeights: z.array(z.number().min(0)).optional(),
  ignoreLabel: z.int().optional(),
  includeBackground: z.boolean().optional(),
  isBatchwise: z.boolean().optional(),
  skipAbsent: z.boolean().optional(),
  smooth: z.number().min(0).optional(),
});

/** The schema of {@link FitOptions}; loss and optimizer are checked separately. */
const fitOptionsSchema = z.strictObject({
  epochs: count,
  batchSize: count.optional(),
  seed: z.int().min(0).max(0xffffffff).optional(),
  loss: z.unknown().optional(),
  ignoreLabel: z.int().optional(),
  optimizer: z.looseObject({ name: z.string() }).optional(),
  schedule: scheduleSchema.optional(),
  augmentation: z.enum(["none", "paper", "standard"]).optional(),
  augmentationStrength: z.looseObject({}).optional(),
  oversampleForeground: z.number().min(0).max(1).optional(),
  patchSize: count.optional(),
  slidingWindow: z
    .strictObject({
      overlap: z.number().min(0).lt(1).optional(),
      mode: z.enum(["constant", "gaussian"]).optional(),
    })
    .optional(),
  deepSupervision: z.boolean().optional(),
  lastBatch: z.enum(["keep", "drop"]).optional(),
  patience: count.nullable().optional(),
  metrics: z.record(z.string(), functionSchema()).optional(),
  monitor: z.string().optional(),
  monitorMode: z.enum(["max", "min"]).optional(),
  compiled: z.boolean().optional(),
  precision: z.enum(["float32", "bfloat16"]).optional(),
  checkpoint: z.strictObject({ path: z.string().min(1), everySteps: count.optional() }).optional(),
  progress: z
    .custom(
      (value) => typeof value === "string" || value === false || typeof value === "function",
      "a name, false or a function",
    )
    .optional(),
  shouldStop: functionSchema().optional(),
  onEpoch: functionSchema().optional(),
  callbacks: z.array(functionSchema()).optional(),
});

const RECORDED = ["validationDice", "validationLoss"] as const;

/**
 * Rejects unknown options of `fit` and values out of range, which JavaScript callers may pass.
 *
 * @throws ConfigError that names the option
 */
export function checkFitOptions(options: FitOptions): void {
  const given: Readonly<Record<string, unknown>> = { ...options };
  for (const [option, { names, example }] of Object.entries(BY_NAME)) {
    rejectOtherForms(option, given[option], names, example);
  }
  parseConfig("fit", fitOptionsSchema, options);
  const { loss, optimizer, metrics = {}, monitor } = options;
  if (optimizer !== undefined) createOptimizer(optimizer).dispose();
  if (loss !== undefined && typeof loss !== "function") parseConfig("fit.loss", lossSchema, loss);
  if (typeof loss === "function") expectLossOnScores(loss);
  if (options.slidingWindow !== undefined && options.patchSize === undefined) {
    throw new ConfigError({
      where: "fit.slidingWindow",
      expected: "a patchSize as well",
      got: "none",
      remedy: "Models that take whole samples are validated without windows.",
    });
  }
  const taken = RECORDED.find((name) => Object.hasOwn(metrics, name));
  if (taken !== undefined) {
    throw new ConfigError({
      where: "fit.metrics",
      expected: `other names than ${RECORDED.join(", ")}, which are recorded anyway`,
      got: `"${taken}"`,
    });
  }
  const known = [...RECORDED, ...Object.keys(metrics)];
  if (monitor !== undefined && !known.includes(monitor)) {
    throw new ConfigError({
      where: "fit.monitor",
      expected: `one of ${known.join(", ")}`,
      got: `"${monitor}"`,
    });
  }
}

/** Options that are objects with a name, where a Keras user would give only the name. */
const BY_NAME: Readonly<Record<string, { names: readonly string[]; example: string }>> = {
  optimizer: { names: OPTIMIZER_NAMES, example: ", learningRate: 0.001" },
  loss: { names: LOSS_NAMES, example: "" },
  schedule: {
    names: scheduleSchema.options.map(({ shape }) => shape.name.value),
    example: "",
  },
};

/** Rejects a bare name, as Keras takes it, and an object without a name, such as an optimizer instance. */
function rejectOtherForms(
  option: string,
  value: unknown,
  names: readonly string[],
  example: string,
): void {
  const isNameless = typeof value === "object" && value !== null && !("name" in value);
  if (typeof value !== "string" && !isNameless) return;
  const known = (name: string): string =>
    names.includes(name) ? name : (nearestName(name, names) ?? names[0]);
  const name = typeof value === "string" ? known(value) : names[0];
  throw new ConfigError({
    where: `fit.${option}`,
    expected: `an object whose name is one of ${names.join(", ")}`,
    got: typeof value === "string" ? `"${value}"` : `a ${value.constructor.name} without a name`,
    remedy: `Write ${option}: { name: "${name}"${example} }.`,
  });
}

/**
 * Rejects options that have no effect without validation.
 *
 * @throws ConfigError that names the option
 */
export function rejectMonitoring(options: FitOptions): void {
  const { patience, monitor, monitorMode, metrics = {}, schedule } = options;
  const unused = {
    patience: patience ?? undefined,
    monitor,
    monitorMode,
    metrics: Object.keys(metrics).length === 0 ? undefined : Object.keys(metrics).join(", "),
    schedule: schedule?.name === "reduceOnPlateau" ? schedule.name : undefined,
  };
  const found = Object.entries(unused).find(([, value]) => value !== undefined);
  if (found === undefined) return;
  const [option, value] = found;
  throw new ConfigError({
    where: `fit.${option}`,
    expected: "validation examples, which it needs",
    got: `${JSON.stringify(value)} without any`,
    remedy: "Give data.validation, or remove the option.",
  });
}

function expectLossOnScores({ from }: { readonly from?: unknown }): void {
  if (from === "logits") return;
  throw new ConfigError({
    where: "fit.loss",
    expected: "a loss on scores before softmax, as crossEntropy() makes it",
    got: from === "probabilities" ? "one on probabilities" : "a function without a `from`",
    remedy:
      'Leave `from: "probabilities"` out; a function of your own gets `lossName` and `from: "logits"`.',
  });
}
