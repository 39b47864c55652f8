import { ConfigError } from "../../../core/errors";
import type { Split } from "../../../data/splits";
import { mergeSettings } from "../../config/mergeSettings";
import { parseConfig } from "../../config/parseConfig";
import { trainingConfigSchema } from "../../config/trainingConfig";
import type { TrainingConfig, TrainingOverrides } from "../../config/trainingConfig";
import { jobId } from "../job";
import type { FactorValue, Job } from "../job";

/** The model that is taken apart. */
const WHOLE = "residualAttentionUnet";

/** A factor of the ablation: its values by default, and how a value is set and read. */
interface AblationFactor {
  readonly values: readonly FactorValue[];
  readonly set: (value: FactorValue) => { model?: string; settings?: Record<string, unknown> };
  readonly read: (config: TrainingConfig) => FactorValue;
}

const setting = (
  values: readonly FactorValue[],
  settings: (value: FactorValue) => TrainingOverrides,
  read: (config: TrainingConfig) => FactorValue,
): AblationFactor => ({ values, set: (value) => ({ settings: settings(value) }), read });

/** Every factor that {@link planAblate} knows; a new one is an entry. */
const FACTORS: Readonly<Record<string, AblationFactor>> = {
  part: {
    values: ["M-A", "M-R"],
    set: (value) => ({ model: partModel(value) }),
    read: () => "all",
  },
  attention: setting(
    ["none", "gate", "multiHead", "lsh"],
    (value) => ({ model: { attention: value as TrainingConfig["model"]["attention"] } }),
    ({ model }) => model.attention ?? "lsh",
  ),
  cardinality: setting(
    [1, 2, 4, 8],
    (value) => ({ model: { cardinality: value as number } }),
    ({ model }) => model.cardinality,
  ),
  numHashes: setting(
    [1, 2, 4, 8],
    (value) => ({ model: { numHashes: value as number } }),
    ({ model }) => model.numHashes,
  ),
  loss: setting(
    ["crossEntropy", "dice", "diceCrossEntropy", "focal"],
    (value) => ({ loss: { name: value as TrainingConfig["loss"]["name"] } }),
    ({ loss }) => loss.name,
  ),
  augmentation: setting(
    ["none", "paper", "standard"],
    (value) => ({ augmentation: value as TrainingConfig["augmentation"] }),
    ({ augmentation }) => augmentation,
  ),
};

/** Names of what can be ablated. */
export const ABLATION_FACTORS: readonly string[] = Object.keys(FACTORS);

/** What an ablation varies. */
export interface AblatePlan {
  /** Names of {@link ABLATION_FACTORS}, each with its values; `null` for all that are usual. */
  readonly factors: Readonly<Record<string, readonly FactorValue[] | null>>;
  readonly seeds?: readonly number[];
  readonly config: TrainingConfig;
  readonly folds: readonly Split[];
}

/**
 * The whole model and, one at a time, each change of it, fold by fold. The whole model is the first
 * row, which others are tested against.
 *
 * @throws ConfigError for a factor or value that there is not
 */
export function planAblate({ factors, config, folds, seeds = [config.seed] }: AblatePlan): Job[] {
  const names = Object.keys(factors);
  names.forEach(expectFactor);
  const base = Object.fromEntries(names.map((name) => [name, FACTORS[name].read(config)]));
  const changes = names.flatMap((name) =>
    (factors[name] ?? FACTORS[name].values)
      .filter((value) => value !== base[name])
      .map((value) => {
        const { model = WHOLE, settings = {} } = FACTORS[name].set(value);
        const merged = mergeSettings(trainingConfigSchema, config, settings);
        return {
          model,
          name: `${name}=${String(value)}`,
          config: parseConfig(`ablate ${name}`, trainingConfigSchema, merged),
          factors: { ...base, [name]: value },
        };
      }),
  );
  const variants = [{ model: WHOLE, name: "whole", config, factors: base }, ...changes];
  return folds.flatMap((split) =>
    seeds.flatMap((seed) =>
      variants.map((variant): Job => ({
        id: jobId([variant.name], { fold: split.fold, ...(seeds.length > 1 ? { seed } : {}) }),
        model: variant.model,
        config: { ...variant.config, seed },
        split,
        factors: variant.factors,
      })),
    ),
  );
}

function partModel(value: FactorValue): string {
  if (value === "M-A") return "ma";
  if (value === "M-R") return "mr";
  throw new ConfigError({ where: "ablate part", expected: "M-A or M-R", got: String(value) });
}

function expectFactor(name: string): void {
  if (Object.hasOwn(FACTORS, name)) return;
  throw new ConfigError({
    where: "ablate",
    expected: `factors among ${ABLATION_FACTORS.join(", ")}`,
    got: `"${name}"`,
  });
}
