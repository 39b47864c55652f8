import { ConfigError } from "../errors";
import { nearestName } from "../unknownOptions";
import { Adagrad } from "./Adagrad";
import type { AdagradOptions } from "./Adagrad";
import { Adam } from "./Adam";
import type { AdamOptions } from "./Adam";
import { AdamW } from "./AdamW";
import type { AdamWOptions } from "./AdamW";
import { Lion } from "./Lion";
import type { LionOptions } from "./Lion";
import type { Optimizer } from "./Optimizer";
import { RMSprop } from "./RMSprop";
import type { RMSpropOptions } from "./RMSprop";
import { SGD } from "./SGD";
import type { SGDOptions } from "./SGD";

/** An optimizer's name and options, as in a configuration file. */
export type OptimizerConfig =
  | ({ readonly name: "adagrad" } & AdagradOptions)
  | ({ readonly name: "adam" } & AdamOptions)
  | ({ readonly name: "adamw" } & AdamWOptions)
  | ({ readonly name: "lion" } & LionOptions)
  | ({ readonly name: "rmsprop" } & RMSpropOptions)
  | ({ readonly name: "sgd" } & SGDOptions);

/** Every name that {@link createOptimizer} knows. */
export const OPTIMIZER_NAMES = [
  "adagrad",
  "adam",
  "adamw",
  "lion",
  "rmsprop",
  "sgd",
] as const satisfies readonly OptimizerConfig["name"][];

/**
 * Makes an optimizer from its configuration.
 *
 * @throws ConfigError for an unknown name or option, and for a name without options
 * @example
 * createOptimizer({ name: "adam", learningRate: 1e-3, clipNorm: 1 }).slots.length; // 0
 */
export function createOptimizer(config: OptimizerConfig): Optimizer {
  rejectOtherForms(config);
  switch (config.name) {
    case "adagrad":
      return new Adagrad(config);
    case "adam":
      return new Adam(config);
    case "adamw":
      return new AdamW(config);
    case "lion":
      return new Lion(config);
    case "rmsprop":
      return new RMSprop(config);
    case "sgd":
      return new SGD(config);
    default: {
      const { name } = config as { name: unknown };
      const nearest = nearestName(String(name), OPTIMIZER_NAMES);
      throw new ConfigError({
        where: "createOptimizer.name",
        expected: `one of ${OPTIMIZER_NAMES.join(", ")}`,
        got: JSON.stringify(name),
        ...(nearest === null ? {} : { remedy: `Did you mean "${nearest}"?` }),
      });
    }
  }
}

/** A name alone, as Keras takes it, and an optimizer that is made already. */
function rejectOtherForms(config: unknown): void {
  const isConfig = typeof config === "object" && config !== null && "name" in config;
  if (isConfig) return;
  const name = nearestName(String(config), OPTIMIZER_NAMES) ?? "adam";
  throw new ConfigError({
    where: "createOptimizer",
    expected: "an object with a name and a learning rate",
    got:
      typeof config === "object" && config !== null
        ? `a ${config.constructor.name} without a name`
        : (JSON.stringify(config) ?? "nothing"),
    remedy: `Write { name: "${name}", learningRate: 0.001 }.`,
  });
}
