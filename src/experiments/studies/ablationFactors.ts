import { ConfigError } from "../../core/errors";
import { mergeSettings } from "../config/mergeSettings";
import { parseConfig } from "../config/parseConfig";
import { trainingConfigSchema } from "../config/trainingConfig";
import type { TrainingConfig } from "../config/trainingConfig";
import { modelArguments } from "../../models/modelArguments";
import type { ModelName } from "../../models/modelNames";
import type { FactorValue } from "./job";

/** The model to ablate. */
export const WHOLE_MODEL = "residualAttentionUnet";

/** What an ablation can change: the default values, and how a value is set and read. */
interface AblationFactor {
  readonly values: readonly FactorValue[];
  readonly set: (value: FactorValue) => { model?: string; settings?: Record<string, unknown> };
  readonly read: (config: TrainingConfig) => FactorValue;
}

function partModel(value: FactorValue): string {
  if (value === "M-A") return "ma";
  if (value === "M-R") return "mr";
  throw new ConfigError({ where: "ablate part", expected: "M-A or M-R", got: String(value) });
}

/** A factor that is a setting of the architecture. */
function ofModel(
  name: keyof TrainingConfig["model"],
  values: readonly FactorValue[],
  own: FactorValue = null,
): AblationFactor {
  return {
    values,
    set: (value) => ({ settings: { model: { [name]: value } } }),
    read: ({ model }) => (model[name] as FactorValue) ?? own,
  };
}

/** All factors of ablations. */
const FACTORS: Readonly<Record<string, AblationFactor>> = {
  part: {
    values: ["M-A", "M-R"],
    set: (value) => ({ model: partModel(value) }),
    read: () => "all",
  },
  attention: ofModel("attention", ["none", "gate", "multiHead", "lsh"], "lsh"),
  cardinality: ofModel("cardinality", [1, 2, 4, 8]),
  numHashes: ofModel("numHashes", [1, 2, 4, 8]),
  loss: {
    values: ["crossEntropy", "dice", "diceCrossEntropy", "focal"],
    set: (name) => ({ settings: { loss: { name } } }),
    read: ({ loss }) => loss.name,
  },
  augmentation: {
    values: ["none", "paper", "standard"],
    set: (augmentation) => ({ settings: { augmentation } }),
    read: ({ augmentation }) => augmentation,
  },
};

/** The names of the factors. */
export const ABLATION_FACTORS: readonly string[] = Object.keys(FACTORS);

/** The factors with their values in the unchanged model. */
export function wholeFactors(
  names: readonly string[],
  config: TrainingConfig,
): Record<string, FactorValue> {
  return Object.fromEntries(names.map((name) => [name, factorNamed(name).read(config)]));
}

/**
 * The factors that a changed model does not have, such as the hashes of one without LSH attention. A row of the
 * table must not show the unchanged model's value for them.
 */
export function missingFactors(
  model: string,
  { model: settings }: TrainingConfig,
  factors: Readonly<Record<string, FactorValue>>,
): Record<string, FactorValue> {
  const has = modelArguments(model as ModelName);
  const attention = has.includes("attention") ? (settings.attention ?? "lsh") : "none";
  const missing: Readonly<Record<string, FactorValue>> = {
    ...(attention === "none" ? { attention } : {}),
    ...(attention === "lsh" ? {} : { numHashes: null }),
    ...(has.includes("cardinality") ? {} : { cardinality: null }),
  };
  return Object.fromEntries(Object.entries(missing).filter(([name]) => name in factors));
}

/** A change to the model. */
export interface AblationChange {
  readonly model: string;
  readonly config: TrainingConfig;
  readonly value: FactorValue;
}

/**
 * The changes of one factor; the model's own value is not a change.
 *
 * @param values `null` for the default ones
 * @throws ConfigError for an unknown factor or value
 */
export function ablationChanges(
  name: string,
  values: readonly FactorValue[] | null,
  config: TrainingConfig,
): AblationChange[] {
  const factor = factorNamed(name);
  const own = factor.read(config);
  return (values ?? factor.values)
    .filter((value) => value !== own)
    .map((value) => {
      const { model = WHOLE_MODEL, settings = {} } = factor.set(value);
      const merged = mergeSettings(trainingConfigSchema, config, settings);
      return { model, value, config: parseConfig(`ablate ${name}`, trainingConfigSchema, merged) };
    });
}

function factorNamed(name: string): AblationFactor {
  if (Object.hasOwn(FACTORS, name)) return FACTORS[name];
  throw new ConfigError({
    where: "ablate",
    expected: `factors among ${ABLATION_FACTORS.join(", ")}`,
    got: `"${name}"`,
  });
}
