import { ConfigError } from "../errors";
import { Adam } from "./Adam";
import type { AdamOptions } from "./Adam";
import type { Optimizer } from "./Optimizer";
import { SGD } from "./SGD";
import type { SGDOptions } from "./SGD";

/** An optimizer by name, as a configuration file has it. */
export type OptimizerConfig =
  ({ readonly name: "adam" } & AdamOptions) | ({ readonly name: "sgd" } & SGDOptions);

/**
 * Makes an optimizer from its configuration.
 *
 * @throws ConfigError for a name or option that it does not know
 * @example
 * createOptimizer({ name: "adam", learningRate: 1e-3, clipNorm: 1 }).slots.length; // 0
 */
export function createOptimizer(config: OptimizerConfig): Optimizer {
  switch (config.name) {
    case "adam":
      return new Adam(config);
    case "sgd":
      return new SGD(config);
    default:
      throw new ConfigError({
        where: "createOptimizer.name",
        expected: '"adam" or "sgd"',
        got: JSON.stringify((config as { name: unknown }).name),
      });
  }
}
