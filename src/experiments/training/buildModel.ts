import type * as tf from "@tensorflow/tfjs";
import { loadEngine } from "../../engine/load";
import { ConfigError } from "../../core/errors";
import { MODEL_NAMES, modelByName } from "../../models/modelByName";
import type { TrainingConfig } from "../config/trainingConfig";

let isWarned = false;

/**
 * The network of a configuration, on square grey slices, with weights by the seed. The engine is
 * loaded here, not before: bad input is refused without a word from TensorFlow.
 *
 * @param name one of `MODEL_NAMES`
 */
export function buildModel(
  name: string,
  { size, seed, model }: Pick<TrainingConfig, "size" | "seed" | "model">,
  numClasses: number,
): tf.LayersModel {
  warnWithoutEngine();
  const { attentionLevels, ...widths } = model;
  return modelByName(name, {
    inputShape: [size, size, 1],
    numClasses,
    seed,
    ...widths,
    ...(attentionLevels === "all" ? {} : { attentionLevels }),
  });
}

/**
 * Refuses a name before any work is done.
 *
 * @throws ConfigError for a name that is none of `MODEL_NAMES`
 */
export function expectModelName(name: string): void {
  if (MODEL_NAMES.some((known) => known === name)) return;
  throw new ConfigError({
    where: "model",
    expected: `one of ${MODEL_NAMES.join(", ")}`,
    got: `"${name}"`,
  });
}

/** Says once, on stderr, that training will crawl. */
function warnWithoutEngine(): void {
  const { problem } = loadEngine();
  if (problem === null || isWarned) return;
  isWarned = true;
  process.emitWarning(
    `Native TensorFlow did not load (${problem}). JavaScript runs instead, many times slower; ` +
      "npx layerbook doctor says how to mend it.",
  );
}
