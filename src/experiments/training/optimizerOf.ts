import { ConfigError } from "../../core/errors";
import { createOptimizer } from "../../core/optimizers";
import type { OptimizerConfig } from "../../core/optimizers";
import { trainingConfigSchema } from "../config/trainingConfig";
import type { TrainingConfig } from "../config/trainingConfig";
import { withoutNull } from "../config/withoutNull";

type Settings = TrainingConfig["optimizer"];

/** Settings that only some optimizers have. */
const OWN: Readonly<Record<Settings["name"], readonly (keyof Settings)[]>> = {
  adam: ["beta1", "beta2", "epsilon"],
  adamw: ["beta1", "beta2", "epsilon"],
  sgd: ["momentum", "useNesterov"],
  rmsprop: ["rho", "momentum", "centered", "epsilon"],
  adagrad: ["initialAccumulatorValue", "epsilon"],
  lion: ["beta1", "beta2"],
};

const COMMON: readonly (keyof Settings)[] = [
  ...(["name", "learningRate", "clipNorm", "weightDecay", "gradientAccumulationSteps"] as const),
  "useEma",
];

const AVERAGES: readonly (keyof Settings)[] = ["emaMomentum", "useEmaWarmup"];

/**
 * The optimizer of a configuration.
 *
 * @throws ConfigError for a setting that this optimizer would ignore, or one out of range
 */
export function optimizerOf({ optimizer }: Pick<TrainingConfig, "optimizer">): OptimizerConfig {
  const { name, useEma, useNesterov, momentum, weightDecay } = optimizer;
  const used = [...COMMON, ...OWN[name], ...(useEma ? AVERAGES : [])];
  const defaults = trainingConfigSchema.parse({}).optimizer;
  for (const key of Object.keys(defaults) as (keyof Settings)[]) {
    if (used.includes(key) || optimizer[key] === defaults[key]) continue;
    const isAverage = AVERAGES.includes(key);
    const takers = Object.entries(OWN).filter(([, keys]) => keys.includes(key));
    throw invalid(
      key,
      optimizer,
      isAverage ? "useEma: true as well" : `${String(defaults[key])} for ${name}`,
      isAverage
        ? "Set optimizer.useEma, or remove it."
        : `It belongs to ${takers.map(([taker]) => taker).join(", ")}: remove it, or set optimizer.name.`,
    );
  }
  if (useNesterov && momentum === 0) {
    throw invalid("useNesterov", optimizer, "a momentum as well", "Set optimizer.momentum.");
  }
  if (name === "adamw" && weightDecay === 0) {
    throw invalid(
      "weightDecay",
      optimizer,
      "above 0 for adamw",
      "Set it (Keras has 0.004, PyTorch 0.01), or use adam.",
    );
  }
  const settings = Object.fromEntries(used.map((key) => [key, optimizer[key]]));
  // Creating the optimizer checks its options.
  const config = withoutNull(settings) as unknown as OptimizerConfig;
  createOptimizer(config).dispose();
  return config;
}

function invalid(
  key: keyof Settings,
  settings: Settings,
  expected: string,
  remedy: string,
): ConfigError {
  const where = `config.optimizer.${key}`;
  return new ConfigError({ where, expected, got: String(settings[key]), remedy });
}
